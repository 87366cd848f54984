// JSON form of arrays in a checkpoint's metadata.
import { z } from "zod";

export const Numbers = z.array(z.number()).transform((list) => Float64Array.from(list));
export const Bytes = z.array(z.int().min(0).max(255)).transform((list) => Uint8Array.from(list));
