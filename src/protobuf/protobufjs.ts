/** protobufjs' readers and writers, which look for a Long when they are loaded. */

import "./long.ts";
import protobuf from "protobufjs/minimal.js";

export default protobuf;
