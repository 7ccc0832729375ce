"""Driver of linopy: its program "basic" of n x n pairs, from nothing to the matrix of a solver."""
import sys
import warnings
import numpy
import linopy
import xarray
from driver import serve

warnings.filterwarnings("ignore")
n = int(sys.argv[2])


def build():
    m = linopy.Model()
    grid = [numpy.arange(n), numpy.arange(n)]
    x = m.add_variables(coords=grid, name="x")
    y = m.add_variables(coords=grid, name="y")
    m.add_constraints(x - y >= xarray.DataArray(numpy.arange(n), dims=x.dims[0]))
    m.add_constraints(x + y >= 0)
    m.add_objective((2 * x).sum() + y.sum())
    a = m.matrices
    _ = a.c, a.lb, a.ub, a.b, a.sense
    return float(a.A.nnz)


serve("linopy " + linopy.__version__, build)
