/** What the build puts into vendor/, for the type checker. */

declare module "*/vendor/pyodide/pyodide.mjs" {
  export function loadPyodide(options: object): Promise<any>;
}

declare module "*/vendor/pyodide/pyodide.asm.mjs" {
  export default function createPyodideModule(settings: object): Promise<any>;
}
