# Script: writes OUTPUT with VERSION and the commit of SOURCE_DIR, if they differ from what it holds.
execute_process(
  COMMAND git -C ${SOURCE_DIR} rev-parse --short=12 HEAD
  OUTPUT_VARIABLE revision
  OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
file(CONFIGURE OUTPUT ${OUTPUT} CONTENT "#define ATLAS_VERSION \"@VERSION@\"
#define ATLAS_REVISION \"@revision@\"
" @ONLY)
