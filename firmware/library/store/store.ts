// edge-ssm/store: two model slots in flash partitions, safe against power cuts (docs/LINK.md).
export type { Flash, SlotHeader } from "../../../src/store/slot";
export { ModelStore, StoreError } from "../../../src/store/store";
