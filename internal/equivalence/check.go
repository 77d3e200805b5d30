package equivalence

import (
	"context"
	_ "embed"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"pgbench-provider/provider"
)

//go:embed dump.sql
var dump string

// A Party is one strategy in a comparison, on a connection whose search_path is a migrated schema that nobody else uses.
type Party struct {
	Strategy provider.Strategy
	Conn     *pgx.Conn
}

// A Difference is where two parties disagreed.
type Difference struct {
	Script Script // up to the step, shrunk
	Names  [2]string
	// Answers are those to the last step of Script, or the differing rows of the tables after it.
	Answers [2]string
}

// String gives the difference as a person would report it.
func (d *Difference) String() string {
	return fmt.Sprintf("%s and %s differ after\n%s%-8s %s\n%-8s %s", d.Names[0], d.Names[1], d.Script,
		d.Names[0]+":", d.Answers[0], d.Names[1]+":", d.Answers[1])
}

// Check empties the parties' tables and runs the script on the model and on each of them, step by step. It returns nil
// when all agree in every answer and the parties in what their tables hold at the end; otherwise the difference, not yet
// shrunk. An error is a failure to run the script, not a difference.
func Check(ctx context.Context, script Script, parties ...Party) (*Difference, error) {
	players := []*player{newPlayer(NewModel())}
	names := []string{"model"}
	for _, p := range parties {
		if err := Empty(ctx, p.Conn); err != nil {
			return nil, err
		}
		players = append(players, newPlayer(On(ctx, p.Strategy, p.Conn)))
		names = append(names, p.Strategy.Name())
	}
	for step, op := range script {
		want := players[0].play(op)
		for n, player := range players[1:] {
			if got := player.play(op); got != want {
				return &Difference{script[:step+1], [2]string{names[0], names[n+1]}, [2]string{want, got}}, ctx.Err()
			}
		}
	}
	return compareTables(ctx, script, parties)
}

// Empty removes all rows from the tables in conn's search path.
func Empty(ctx context.Context, conn *pgx.Conn) error {
	_, err := conn.Exec(ctx, "truncate instances, executions, history, orchestrator_queue, instance_locks, worker_queue")
	return err
}

func compareTables(ctx context.Context, script Script, parties []Party) (*Difference, error) {
	var first []string
	for n, p := range parties {
		rows, err := p.Conn.Query(ctx, dump)
		if err != nil {
			return nil, err
		}
		lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			return nil, err
		}
		if n == 0 {
			first = lines
			continue
		}
		if !slices.Equal(first, lines) {
			return &Difference{script, [2]string{parties[0].Strategy.Name(), p.Strategy.Name()},
				[2]string{only(first, lines), only(lines, first)}}, nil
		}
	}
	return nil, nil
}

// only gives the lines of a that b does not hold.
func only(a, b []string) string {
	var lines []string
	for _, l := range a {
		if !slices.Contains(b, l) {
			lines = append(lines, short(l))
		}
	}
	if len(lines) == 0 {
		return "(nothing more)"
	}
	return strings.Join(lines, "\n")
}

// Outcomes plays a script on the model and counts, by operation, how the steps ended: "ok" or an error's text. It tells
// whether scripts reach what they are meant to test.
func Outcomes(script Script) map[string]map[string]int {
	p := newPlayer(NewModel())
	counts := map[string]map[string]int{}
	for _, op := range script {
		outcome, failed := strings.CutPrefix(p.play(op), "error: ")
		if !failed {
			outcome = "ok"
		}
		kind := string(op.Kind)
		if counts[kind] == nil {
			counts[kind] = map[string]int{}
		}
		counts[kind][outcome]++
	}
	return counts
}
