select out_message, out_work from next_visible()
