// The public data sets, by what is to be told of their sequences, one line each.
export { ARCHIVE_SETS, type ArchiveSet, FILE_SETS, type FileSet, unpackSet } from "./public-classes";
