// No norm; native/kinds/norm_none.c, post_none.c.
import type { NoPost } from "../../../src/network/no-post";
import type { NoNorm } from "../../float/none";
import type { Operation, PutStage } from "./operation";

export const none: Operation<NoNorm> = { spec: () => ({ kind: "none" }), kept: () => 0 };

/** No norm after the block has no integers. */
export const putNothing: PutStage<NoPost> = () => {};
