// edge-ssm/sensor: samples any ECMA-419 sensor at the model's rate.
export { ReplaySensor } from "../../modules/sensors/replay";
export { Sampler } from "../../modules/sensors/sampler";
export { VectorSensor } from "../../modules/sensors/vectors";
