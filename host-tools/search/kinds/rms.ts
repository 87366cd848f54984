import { searchOfStep } from "./norm-of-step";

export const { norm: rms, post: rmsPost } = searchOfStep("RMSNorm");
