-- What does the store S do in scenario 2 at 09:00?
SELECT kind, quantity, value, unit
FROM 'run.parquet'
WHERE der = 'S' AND scenario = 2 AND local_time = '2020-04-15T09:00:00Z'
ORDER BY ALL
