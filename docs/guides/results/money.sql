-- Expected money of each DER by item, over the horizon.
WITH probabilities AS (
  SELECT scenario, value AS probability FROM 'run.parquet' WHERE kind = 'scenario'
)
SELECT der, quantity, sum(probability * value) AS currency
FROM 'run.parquet' JOIN probabilities USING (scenario)
WHERE kind = 'money' AND der IS NOT NULL
GROUP BY ALL ORDER BY ALL
