/**
 * What the learned models cost in WebAssembly on one thread: `node buildtools/model_cost.mjs`.
 *
 * Processor time, so that a busy machine does not matter much; median of five runs after a
 * warm-up. One face means every network that one face passes, with the batches of the detectors;
 * the picture is one of 24 crops, as many as `generated_image` ever takes.
 */
import { readFile } from "node:fs/promises";
import * as ort from "onnxruntime-web/wasm";

const RUNS = 5;
/** Model, shape of a call, calls: one face. */
const FACE = [
  ["face_landmarks", null, 1],
  ["face_manipulation", [2, 3, 128, 128], 1],
  ["face_warping", [10, 3, 112, 112], 1],
  ["head_pose", [1, 3, 80, 80], 1],
];
const PICTURE = [["generated_image", [8, 3, 128, 128], 3]];

ort.env.wasm.numThreads = 1;

/** Shape of a model's input from its self-test, where the batch is fixed. */
async function shapeOf(model) {
  const test = JSON.parse(await readFile(`models/${model}/self_test.json`, "utf8"));
  return Object.values(test.inputs)[0].shape;
}

/** Median milliseconds of processor time of `calls` calls. */
async function cost(model, shape, calls) {
  const data = await readFile(`models/${model}/model.onnx`);
  const session = await ort.InferenceSession.create(data, { executionProviders: ["wasm"] });
  const dims = shape ?? (await shapeOf(model));
  const size = dims.reduce((a, b) => a * b, 1);
  const input = new ort.Tensor("float32", Float32Array.from({ length: size }, (_, i) => (i % 255) / 255), dims);
  const times = [];
  for (let run = 0; run <= RUNS; run += 1) {
    const before = process.cpuUsage();
    for (let call = 0; call < calls; call += 1) await session.run({ [session.inputNames[0]]: input });
    const used = process.cpuUsage(before);
    if (run > 0) times.push((used.user + used.system) / 1000);
  }
  await session.release();
  return times.sort((a, b) => a - b)[RUNS >> 1];
}

for (const [title, models] of [
  ["one face", FACE],
  ["one picture of 24 crops", PICTURE],
]) {
  let total = 0;
  for (const [model, shape, calls] of models) {
    const milliseconds = await cost(model, shape, calls);
    total += milliseconds;
    console.log(`${model}: ${milliseconds.toFixed(0)} ms`);
  }
  console.log(`${title}: ${total.toFixed(0)} ms of processor time`);
}
