-- Energy in the store S: one row per step, one column per scenario.
SELECT * FROM (
  PIVOT (FROM 'run.parquet' WHERE der = 'S' AND kind = 'state' AND quantity = 'energy')
  ON scenario USING first(value) GROUP BY local_time
) ORDER BY local_time
