// Runs inside of the sandbox: loads the code, makes the calls, and writes what came back to the descriptor that it was told.
const vm = require("vm");
const fs = require("fs");

const { source, calls, channel } = JSON.parse(process.env.PROGRAM);
const FUNCTION = /(?:async\s+)?function\s*\*?\s*([A-Za-z_$][\w$]*)\s*\(([^)]*)\)|(?:const|let|var)\s+([A-Za-z_$][\w$]*)\s*=\s*(?:async\s*)?(?:function\s*\*?\s*[\w$]*\s*\(([^)]*)\)|\(([^)]*)\)\s*=>|([A-Za-z_$][\w$]*)\s*=>)/;

const found = FUNCTION.exec(source);
if (found) {
  const name = found[1] || found[3];
  const parameters = (found[2] || found[4] || found[5] || found[6] || "")
    .split(",").map((text) => text.split("=")[0].replace(/\/\*.*?\*\//g, "").trim()).filter(Boolean);
  const quiet = Object.fromEntries(["log", "error", "warn", "info", "debug", "table"].map((each) => [each, () => {}]));
  const space = vm.createContext({ console: quiet, module: { exports: {} }, exports: {}, require: () => ({}) });
  const load = vm.runInContext.bind(vm);
  load(`${source}\n;globalThis.__answer = ${name};`, space);
  const results = calls.filter(Boolean).map((text) => {
    try {
      const value = space.__answer(...JSON.parse(text));
      return [text, true, value === undefined ? null : JSON.parse(JSON.stringify(value))];
    } catch (error) {
      return [text, false, String(error)];
    }
  });
  fs.writeSync(channel, JSON.stringify({ name, parameters, results }));
}
