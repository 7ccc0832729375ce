package vpp_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/vpp"
)

// slow solves nothing: its first call lasts as long as it may, later ones say that they were made.
type slow struct{ calls int }

var errAgain = errors.New("called again")

func (x *slow) Solve(ctx context.Context, _ *milp.Model) (*milp.Solution, error) {
	x.calls++
	if x.calls > 1 {
		return nil, errAgain
	}
	<-ctx.Done()
	return nil, ctx.Err()
}

// One caller has a minute, another all the time there is. The second waits for the first one's solve, and
// starts its own when the first gives up, whether it was cancelled or ran out of time.
func TestACancelledCallerLeavesTheCoalitionToOthers(t *testing.T) {
	for name, impatient := range map[string]func(context.Context) (context.Context, context.CancelFunc){
		"deadline": func(ctx context.Context) (context.Context, context.CancelFunc) {
			return context.WithTimeout(ctx, time.Minute)
		},
		"cancelled": func(ctx context.Context) (context.Context, context.CancelFunc) {
			ctx, cancel := context.WithCancel(ctx)
			time.AfterFunc(time.Minute, cancel)
			return ctx, cancel
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				v, ders, setting := village(t)
				x, err := vpp.NewCoalitions(vpp.Problem{VPP: v, Members: ders, Setting: setting}, &slow{})
				require.NoError(t, err)
				ctx, cancel := impatient(t.Context())
				defer cancel()
				first, second := make(chan error, 1), make(chan error, 1)
				go func() {
					_, err := x.Plan(ctx, 1)
					first <- err
				}()
				synctest.Wait()
				go func() {
					_, err := x.Plan(t.Context(), 1)
					second <- err
				}()
				synctest.Wait()
				assert.ErrorIs(t, <-first, ctx.Err())
				assert.ErrorIs(t, <-second, errAgain)
			})
		})
	}
}
