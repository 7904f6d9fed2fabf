/** Load and import ahead of need, a little at a time, while nobody waits. */

/** @typedef {import("./boot.js").Python} Python */

/**
 * @param {Python} python
 * @param {{id: string, packages: string[]}[]} plan
 * @returns {() => Promise<boolean>} does a little; whether more is left to do
 */
export function warmer(python, plan) {
  const left = [...plan];
  return async () => {
    const step = left.shift();
    if (!step) return false;
    await python.install(step.packages);
    python.pyodide.pyimport("telltale.runtime.browser").warm(step.id);
    return left.length > 0;
  };
}
