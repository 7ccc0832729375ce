package scenario

import (
	"fmt"
	"slices"
	"strings"
)

// reducersByName has the reducers of case files, the default first.
var reducersByName = []struct {
	name    string
	reducer Reducer
}{
	{"k_means", KMeans{}},
	{"k_medoids", KMedoids{}},
	{"forward_selection", ForwardSelection{}},
	{"backward_reduction", BackwardReduction{}},
	{"swarm_means", SwarmMeans{}},
	{"swarm_medoids", AlternatingMedoids{From: SwarmMeans{}}},
	{"alternating_medoids", AlternatingMedoids{}},
}

// ReducerNames returns the names that [ReducerByName] accepts, the default
// first.
func ReducerNames() []string {
	var out []string
	for _, r := range reducersByName {
		out = append(out, r.name)
	}
	return out
}

// ReducerByName returns the reducer with default options for a name of case
// files, such as "k_means". It returns an error that lists all names for an
// unknown one.
func ReducerByName(name string) (Reducer, error) {
	k := slices.Index(ReducerNames(), name)
	if k < 0 {
		return nil, fmt.Errorf("scenario: unknown reduction %q, want one of %s", name, strings.Join(ReducerNames(), ", "))
	}
	return reducersByName[k].reducer, nil
}
