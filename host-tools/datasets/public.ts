// The public data sets, by kind of targets, one line each.
export { ARCHIVE_SETS, type ArchiveSet, FILE_SETS, type FileSet, unpackSet } from "./public-classes";
