#pragma once
#include <gtest/gtest.h>

#include "dmf/pgstore/database_keeper.h"
#include "support/postgres_server.h"

namespace dmf::pgstore::testing_database {

/// One server for all tests of a program.
inline test::PostgresServer& server() {
  static test::PostgresServer server;
  return server;
}

/// A name that no gallery of this server has yet.
inline std::string new_name() {
  static int count = 0;
  return fmt::format("gallery-{}", ++count);
}

}  // namespace dmf::pgstore::testing_database

/// Skips the test where there is no PostgreSQL with pgvector to start (CONTRIBUTING.md).
#define DMF_NEEDS_POSTGRES()                                                                            \
  do {                                                                                                  \
    if (::dmf::test::PostgresServer::programs().empty())                                                \
      GTEST_SKIP() << "no PostgreSQL with pgvector: DMF_POSTGRES names the folder of its programs, or " \
                      "install deps/python-tests.txt (CONTRIBUTING.md)";                                \
  } while (false)
