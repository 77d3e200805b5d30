select * from get_system_metrics()
