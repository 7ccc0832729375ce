"""Driver of scikit-learn's K-means: k groups of the points in DIR/points.f64, 10 starts."""
import sys
import numpy
import sklearn
from sklearn.cluster import KMeans
from driver import serve

folder, dim, k = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
points = numpy.fromfile(folder + "/points.f64").reshape(-1, dim)

serve("scikit-learn " + sklearn.__version__,
      lambda: KMeans(n_clusters=k, n_init=10, random_state=1).fit(points).inertia_)
