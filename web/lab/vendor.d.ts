/** What the build puts into vendor/ for the lab (buildtools/lab.py), for the type checker. */

declare module "*/vendor/pyscript/editor.js" {
  export const codemirror: any;
  export const lang_python: any;
  export const state: any;
  export const view: any;
}
