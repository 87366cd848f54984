// The supported families of checkpoints; the first match is used.
import type { Family } from "./family";
import { qssmRecurrent } from "./qssm-recurrent";
import { s4block } from "./s4block";
import { s4d } from "./s4d";
import { s5 } from "./s5";
import { s5Flax } from "./s5-flax";
import { s5Pytorch } from "./s5-pytorch";

export const FAMILIES: readonly Family[] = [s4block, qssmRecurrent, s5Flax, s5Pytorch, s5, s4d];
