// Writes to an encrypted SQLite store in WAL mode, a transaction a row in two tables, and says "N" once N is
// committed.
//
//   store_writer FILE SYNCHRONOUS    until it is stopped
//   store_writer FILE read           every N that is there in both tables; exit status 1 if the store is not
//   whole
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SQLITE_HAS_CODEC
#include <sqlcipher/sqlite3.h>

static sqlite3* store;

static void run(const char* statement, int (*each)(void*, int, char**, char**)) {
  char* error = NULL;
  if (sqlite3_exec(store, statement, each, NULL, &error) == SQLITE_OK) return;
  fprintf(stderr, "%s: %s\n", statement, error);
  exit(1);
}

static int print(void* unused, int count, char** values, char** names) {
  (void)unused, (void)names;
  for (int i = 0; i < count; ++i) puts(values[i] == NULL ? "" : values[i]);
  return 0;
}

static int expect_ok(void* unused, int count, char** values, char** names) {
  (void)unused, (void)count, (void)names;
  if (strcmp(values[0], "ok") == 0) return 0;
  fprintf(stderr, "%s\n", values[0]);
  exit(1);
}

int main(int argc, char** argv) {
  if (argc != 3 || sqlite3_open(argv[1], &store) != SQLITE_OK) return 2;
  sqlite3_busy_timeout(store, 1000);
  run("PRAGMA key = 'a key'", NULL);
  run("PRAGMA journal_mode = WAL", NULL);
  if (strcmp(argv[2], "read") == 0) {
    run("PRAGMA integrity_check", expect_ok);
    run("SELECT n FROM one WHERE n NOT IN (SELECT n FROM other) UNION ALL SELECT 'half' FROM other WHERE n "
        "NOT IN (SELECT "
        "n FROM one)",
        print);
    run("SELECT n FROM one JOIN other USING (n) ORDER BY n", print);
    return 0;
  }
  char statement[256];
  snprintf(statement, sizeof statement, "PRAGMA synchronous = %s", argv[2]);
  run(statement, NULL);
  // The log is written back, and begun again, many times in a trial.
  run("PRAGMA wal_autocheckpoint = 20", NULL);
  run("CREATE TABLE IF NOT EXISTS one (n INTEGER PRIMARY KEY, data BLOB)", NULL);
  run("CREATE TABLE IF NOT EXISTS other (n INTEGER PRIMARY KEY, data BLOB)", NULL);
  puts("0");
  fflush(stdout);
  for (int n = 1;; ++n) {
    snprintf(statement, sizeof statement,
             "BEGIN; INSERT OR REPLACE INTO one VALUES (%d, randomblob(%d)); INSERT OR REPLACE INTO other "
             "VALUES (%d, randomblob(100)); COMMIT",
             n, n % 7 * 300, n);
    run(statement, NULL);
    dprintf(STDOUT_FILENO, "%d\n", n);
  }
}
