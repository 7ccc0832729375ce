-- What does the store S do in scenario 2 at 09:00? The offset, such as -07:00, is left out.
SELECT kind, quantity, value, unit
FROM 'run.parquet'
WHERE der = 'S' AND scenario = 2 AND local_time LIKE '2020-04-15T09:00:%'
ORDER BY ALL
