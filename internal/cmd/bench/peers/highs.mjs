// Driver of the npm package highs: reads DIR/program.lp and solves it.
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { createRequire } from "node:module";

const [folder, modules, gap] = process.argv.slice(2);
const require = createRequire(modules + "/");
const highs = await require("highs")();
const text = readFileSync(folder + "/program.lp", "utf8");
const { version } = JSON.parse(readFileSync(modules + "/highs/package.json", "utf8"));

const print = (line) => process.stdout.write(JSON.stringify(line) + "\n");
print({ version: `highs ${version} of npm, Node ${process.version}` });
for await (const line of createInterface({ input: process.stdin })) {
  const begin = performance.now();
  let value = 0;
  for (let i = 0; i < Number(line); i++) {
    const found = highs.solve(text, { mip_rel_gap: Number(gap) });
    if (found.Status !== "Optimal") throw new Error(found.Status);
    value = found.ObjectiveValue;
  }
  print({ seconds: (performance.now() - begin) / 1000, value });
}
