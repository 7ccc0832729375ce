"""Driver of scipy's Latin hypercube sampling: n points in dim dimensions."""
import sys
import scipy
from scipy.stats import qmc
from driver import serve

n, dim = int(sys.argv[2]), int(sys.argv[3])
design = qmc.LatinHypercube(d=dim, seed=1)

serve("scipy " + scipy.__version__, lambda: float(design.random(n).shape[0]))
