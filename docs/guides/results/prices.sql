-- Value of one more MWh inside each VPP beside the market, by step and scenario.
SELECT p.vpp, p.scenario, p.local_time, p.value AS inside, m.value AS market_buy
FROM 'run.parquet' p JOIN 'run.parquet' m USING (step)
WHERE p.kind = 'price' AND p.quantity = 'electricity'
  AND m.kind = 'price' AND m.quantity = 'market_buy'
ORDER BY ALL
