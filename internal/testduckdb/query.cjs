// Arguments: a file in the folder of the installation, a query, and the CSV file for its rows.
const [at, sql, out] = process.argv.slice(1);
const { DuckDBInstance } = require("module").createRequire(at)("@duckdb/node-api");
(async () => {
  const connection = await (await DuckDBInstance.create(":memory:")).connect();
  await connection.run("SET TimeZone = 'UTC'").catch(() => {}); // an extension that may be absent
  const query = sql.trim().replace(/;$/, "");
  await connection.run(`COPY (${query}) TO '${out.replaceAll("'", "''")}' (FORMAT csv, HEADER true)`);
  process.exit(0);
})().catch((fault) => {
  console.error(String(fault));
  process.exit(1);
});
