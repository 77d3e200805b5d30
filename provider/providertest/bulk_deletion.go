package providertest

import (
	"slices"
	"time"

	"pgbench-provider/provider"
)

var bulkDeletion = []Rule{
	{Name: "test_delete_instance_bulk_filter_combinations", test: bulkFilters},
	{Name: "test_delete_instance_bulk_safety_and_limits", test: bulkLimits},
	{Name: "test_delete_instance_bulk_completed_before_filter", test: bulkCompletedBefore},
	{Name: "test_delete_instance_bulk_cascades_to_children", test: bulkCascades},
}

// bulk deletes and gives what is left, sorted.
func (s *trial) bulk(f provider.InstanceFilter, want int64) []string {
	s.Helper()
	d, err := s.Provider.DeleteInstancesBulk(s.ctx, f)
	s.must(err)
	equal(s, "instances deleted", d.Instances, want)
	left := s.instances()
	slices.Sort(left)
	return left
}

// ladder makes ended instances a second apart, every other failed, and gives the time between the second and the third.
func (s *trial) ladder(ids ...string) (between time.Time) {
	s.Helper()
	for i, id := range ids {
		if i == 2 {
			between = s.Clock.Now()
		}
		s.finish(id, "", []provider.Status{provider.StatusCompleted, provider.StatusFailed}[i%2])
		s.Clock.Advance(time.Second)
	}
	return between
}

func bulkFilters(s *trial) {
	between := s.ladder("a", "b", "c", "d")
	equal(s, "left by no ids", s.bulk(provider.InstanceFilter{IDs: []string{}}, 0), []string{"a", "b", "c", "d"})
	equal(s, "left by unknown ids", s.bulk(provider.InstanceFilter{IDs: []string{"x"}}, 0), []string{"a", "b", "c", "d"})
	equal(s, "left by both", s.bulk(provider.InstanceFilter{IDs: []string{"b", "c"}, CompletedBefore: between}, 1), []string{"a", "c", "d"})
	equal(s, "left by time", s.bulk(provider.InstanceFilter{CompletedBefore: between}, 1), []string{"c", "d"})
	equal(s, "left by ids", s.bulk(provider.InstanceFilter{IDs: []string{"d"}}, 1), []string{"c"})
	equal(s, "left by nothing", len(s.bulk(provider.InstanceFilter{}, 1)), 0)
}

func bulkLimits(s *trial) {
	s.create("running")
	s.ladder("a", "b", "c")
	equal(s, "left by the first two", s.bulk(provider.InstanceFilter{Limit: 2}, 2), []string{"c", "running"})
	equal(s, "left by the next", s.bulk(provider.InstanceFilter{Limit: 2}, 1), []string{"running"})
	equal(s, "left by one more", s.bulk(provider.InstanceFilter{IDs: []string{"running"}}, 0), []string{"running"})
	_, err := s.Provider.DeleteInstancesBulk(s.ctx, provider.InstanceFilter{Limit: -1})
	s.fails("a negative limit", err, provider.ErrInvalid)
}

// The cut-off itself is not before it.
func bulkCompletedBefore(s *trial) {
	between := s.ladder("a", "b", "c")
	equal(s, "left at the cut-off", s.bulk(provider.InstanceFilter{CompletedBefore: between}, 2), []string{"c"})
	equal(s, "left at c's end", s.bulk(provider.InstanceFilter{CompletedBefore: between}, 0), []string{"c"})
	equal(s, "left a millisecond later", len(s.bulk(provider.InstanceFilter{CompletedBefore: between.Add(time.Millisecond)}, 1)), 0)
}

func bulkCascades(s *trial) {
	s.finish("alone", "", provider.StatusCompleted)
	s.family("deep")
	s.finish("wide", "", provider.StatusCompleted)
	s.finish("wide::1", "wide", provider.StatusCompleted)
	s.finish("wide::2", "wide", provider.StatusFailed)
	equal(s, "left by a child's id", len(s.bulk(provider.InstanceFilter{IDs: []string{"deep::1"}}, 0)), 7)
	equal(s, "left by the deep root", s.bulk(provider.InstanceFilter{IDs: []string{"deep"}}, 3), []string{"alone", "wide", "wide::1", "wide::2"})
	equal(s, "left by all", len(s.bulk(provider.InstanceFilter{}, 4)), 0)
}
