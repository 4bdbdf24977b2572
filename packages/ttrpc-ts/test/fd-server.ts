/** Serves the listener that it inherited as descriptor 3, as a daemon behind a launcher does. */
import { Server } from "../src/index.ts";
import { Test } from "./support.ts";

const server = new Server();
server.addMethod(Test.methods.unary, (request) => `${process.pid} ${request}`);
await server.listen({ fd: 3 });
