import pandas as pd

run = pd.read_csv("run.csv", parse_dates=["time"])  # pd.read_parquet("run.parquet") needs pyarrow
probability = run[run.kind == "scenario"].set_index("scenario").value

# Expected money of each DER by item, over the horizon.
money = run[(run.kind == "money") & run.der.notna()].copy()
money["currency"] = money.value * money.scenario.map(probability)
table = money.groupby(["der", "quantity"], as_index=False).currency.sum()
table.to_csv("money.csv", index=False)

# Energy in the store S: one row per step, one column per scenario.
store = run[(run.der == "S") & (run.kind == "state") & (run.quantity == "energy")]
store.pivot(index="time", columns="scenario", values="value").to_csv("energy.csv")
