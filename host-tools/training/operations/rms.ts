// RMSNorm; native/kinds/norm_rms.c.
import type { RmsNorm } from "../../float/rms";
import type { Operation } from "./operation";

export const rms: Operation<RmsNorm> = {
	spec: ({ eps }) => ({ kind: "rms", value: eps }),
	kept: () => 0,
};
