// Runs on XS on rv32, for rv32-agreement.test.ts: every network of the first slot's flash on the native kernel.
import { runAll } from "./agreement-device";

export default () => runAll("model_a");
