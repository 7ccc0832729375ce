-- Members minus demand minus delivery of the VPP north, MW: 0 in each scenario and step. Its demand
-- is the series 'demand'.
SELECT scenario, step, sum(CASE
  WHEN quantity IN ('injected', 'reduced') THEN value
  WHEN quantity IN ('withdrawn', 'delivered') OR kind = 'series' THEN -value
END) AS difference
FROM 'run.parquet'
WHERE kind = 'port' AND vpp = 'north' AND scenario IS NOT NULL
   OR kind = 'series' AND quantity = 'demand'
GROUP BY ALL ORDER BY ALL
