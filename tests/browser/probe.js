// A worker for tests, put into engine/ of a built page: the engine's own Python, models and bridge,
// running whatever Python it is sent. `?fence` puts up the engine's fence first.

const { searchParams } = new URL(self.location.href);
const engine = start();

self.onmessage = async ({ data }) => {
  try {
    const { pyodide } = await engine;
    const answer = await pyodide.runPythonAsync(data);
    self.postMessage({ answer });
  } catch (error) {
    self.postMessage({ error: String(error?.message ?? error) });
  }
};

async function start() {
  if (searchParams.has("fence")) await import("./fence.js");
  const { Python, describe } = await import("./boot.js");
  const { Bridge } = await import("./bridge.js");
  const { Inference } = await import("./inference.js");
  const baseUrl = new URL("../", self.location.href).href;
  const { parts, wheels } = await describe(baseUrl);
  const python = new Python(baseUrl, wheels);
  await python.start({});
  const inference = new Inference(baseUrl, parts.models, searchParams.get("webgpu") ?? "auto");
  const code = python.pyodide.pyimport("telltale.runtime.browser");
  const bridge = new Bridge(inference, null).functions;
  python.pyodide.globals.set("session", code.start(bridge, JSON.stringify(parts.models), "{}"));
  return python;
}
