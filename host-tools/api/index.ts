// The package's API for Node programs (docs/API.md). Never prints or exits; problems with an input are UserErrors.
export type { Result as StreamResult } from "../../src/classifier/classifier";
export type { InputChannel, Network } from "../../src/network/network";
export { type Checkpoint, type ImportOverrides, readCheckpoint } from "../checkpoints/import";
export type { Dataset } from "../datasets/dataset";
export { openDataset } from "../datasets/open";
export {
	DeviceClient,
	type DeviceClientOptions,
	type DeviceInfo,
	type ResultEvent,
} from "../device/client";
export { joinStreams } from "../device/transport";
export type { Evaluation, Target } from "../evaluation/evaluate";
export { VERSION } from "../files/project";
export type { FloatModel } from "../float/model";
export { KernelError } from "../kernel/kernel";
export { type Packed, type PackOptions, pack } from "../packing/pack";
export { UserError } from "../terminal/errors";
export { type DeviceOptions, withDevice } from "./device";
export { type EvaluateOptions, evaluate } from "./evaluate";
export { Model, openModel, type StreamOptions } from "./model";
export { type QuantizeOptions, quantize } from "./quantize";
