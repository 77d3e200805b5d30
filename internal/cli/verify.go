package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"pgbench-provider/internal/target"
	"pgbench-provider/internal/verify"
	"pgbench-provider/provider"
	"pgbench-provider/strategies"
	"pgbench-provider/workloads"
)

// A verification is what verify found.
type verification struct {
	Families   []family `json:"families"`
	Operations int      `json:"operations"` // that each strategy ran in random scripts
	Seed       uint64   `json:"seed"`
	Difference string   `json:"difference,omitempty"` // the shortest script on which strategies differ
	failed     bool
}

// A family is a group of rules on one strategy.
type family struct {
	Strategy string   `json:"strategy"`
	Family   string   `json:"family"`
	Passed   int      `json:"passed"`
	Failed   int      `json:"failed"`
	Failures []string `json:"failures,omitempty"`
}

func (v *verification) add(verdict verify.Verdict) {
	at := slices.IndexFunc(v.Families, func(f family) bool { return f.Strategy == verdict.Strategy && f.Family == verdict.Family })
	if at < 0 {
		at = len(v.Families)
		v.Families = append(v.Families, family{Strategy: verdict.Strategy, Family: verdict.Family})
	}
	f := &v.Families[at]
	if verdict.Failure == "" {
		f.Passed++
		return
	}
	f.Failed++
	f.Failures = append(f.Failures, verdict.Rule+": "+verdict.Failure)
	v.failed = true
}

func (a *app) verifyCommand() *cobra.Command {
	var d databaseFlags
	var names []string
	var steps int
	var seed uint64
	var asJSON bool
	c := &cobra.Command{
		Use:   "verify",
		Short: "Prove on a server that the strategies mean the same",
		Long: `Prove on a server that the strategies mean the same: the contract's rules on each strategy, and random scripts of
operations on all of them and on a model in memory, compared step by step. Where they differ, the shortest script that
shows it is printed, and the exit code is 1.`,
		Example: `  pgbench-provider verify
  pgbench-provider verify --dsn postgres://bench@db.example.com/app --steps 100000 --seed 7`,
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if steps < 1 {
				return usage{fmt.Errorf("--steps %d: give a number above 0", steps)}
			}
			var list []provider.Strategy
			for _, name := range names {
				s, err := strategies.Lookup(name)
				if err != nil {
					return usage{fmt.Errorf("--strategies: %w", err)}
				}
				list = append(list, s)
			}
			v, err := a.verify(c.Context(), &d, list, steps, seed)
			if err != nil {
				return err
			}
			return a.printVerification(v, asJSON)
		},
	}
	d.add(c.Flags())
	c.Flags().StringSliceVar(&names, "strategies", allStrategies(), "the `strategies`, see list")
	c.Flags().IntVar(&steps, "steps", 10_000, "random `operations` to run on each strategy")
	c.Flags().Uint64Var(&seed, "seed", 1, "`seed` of the random scripts")
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	complete(c, "strategies", strategyNames)
	return c
}

func allStrategies() (names []string) {
	for _, s := range strategies.All() {
		names = append(names, s.Name())
	}
	return names
}

func (a *app) verify(ctx context.Context, d *databaseFlags, list []provider.Strategy, steps int, seed uint64) (v verification, err error) {
	p := a.newProgress()
	defer p.clear()
	server, err := target.Open(ctx, a.spec(d, p.say))
	if err != nil {
		return v, err
	}
	defer closeServer(ctx, server, &err)
	v.Seed = seed
	err = verify.Conformance(ctx, server, list, func(verdict verify.Verdict) {
		p.say(fmt.Sprintf("%s: %s: %s", verdict.Strategy, verdict.Family, verdict.Rule))
		v.add(verdict)
	})
	if err != nil {
		return v, err
	}
	// Strategies were checked at once, and are shown one after the other.
	slices.SortStableFunc(v.Families, func(a, b family) int {
		return slices.Index(allStrategies(), a.Strategy) - slices.Index(allStrategies(), b.Strategy)
	})
	done, found, err := verify.Equivalence(ctx, server, list, verify.Scripts{Operations: steps, Seed: seed}, func(done int) {
		p.say(fmt.Sprintf("random operations: %d of %d", done, steps))
	})
	v.Operations = done
	if found != nil {
		v.Difference, v.failed = found.String(), true
	}
	return v, err
}

func (a *app) printVerification(v verification, asJSON bool) error {
	if asJSON {
		e := json.NewEncoder(a.out)
		e.SetIndent("", "  ")
		if err := e.Encode(v); err != nil {
			return err
		}
	} else if err := a.tabulate(v); err != nil {
		return err
	}
	if v.failed {
		return fmt.Errorf("%w: the strategies do not all keep the contract", workloads.ErrCheck)
	}
	return nil
}

func (a *app) tabulate(v verification) error {
	t := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "strategy\tfamily\tpassed\tfailed")
	for _, f := range v.Families {
		fmt.Fprintf(t, "%s\t%s\t%d\t%d\n", f.Strategy, f.Family, f.Passed, f.Failed)
	}
	err := t.Flush()
	for _, f := range v.Families {
		for _, failure := range f.Failures {
			fmt.Fprintf(a.out, "\n%s: %s: %s\n", f.Strategy, f.Family, failure)
		}
	}
	if v.Difference != "" {
		_, printErr := fmt.Fprintf(a.out, "\n%s\n", v.Difference)
		return errors.Join(err, printErr)
	}
	_, printErr := fmt.Fprintf(a.out, "\n%d random operations (seed %d): the strategies and the model agree.\n", v.Operations, v.Seed)
	return errors.Join(err, printErr)
}
