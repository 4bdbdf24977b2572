/** pino's build for browsers has the same interface; pino declares the types for Node's build only. */
declare module "pino/browser.js" {
  import pino from "pino";
  export default pino;
}
