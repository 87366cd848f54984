import { widthsOfStep } from "./norm-of-step";

export const { norm: rms, post: rmsPost } = widthsOfStep("rms", "RMSNorm");
