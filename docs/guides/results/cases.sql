-- Payoff of each DER in two merged runs, and the difference.
SELECT der, max(value) FILTER ("case" = 'first') AS first, max(value) FILTER ("case" = 'second') AS second,
       second - first AS difference
FROM 'all.parquet'
WHERE kind = 'summary' AND quantity = 'payoff'
GROUP BY der ORDER BY der
