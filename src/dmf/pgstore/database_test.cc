// What only a database does: roles, lost connections, several writers.
#include <gmock/gmock.h>

#include <thread>

#include "dmf/pgstore/testing_database.h"
#include "dmf/search/testing_gallery.h"
#include "support/message_of.h"

namespace dmf::pgstore {
namespace {

using namespace search::testing_gallery;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing_database::new_name;
using testing_database::server;

class Database : public testing::Test {
 protected:
  void SetUp() override { DMF_NEEDS_POSTGRES(); }
  static std::string data_files() {
    std::string all;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(server().data() + "/base")) {
      if (entry.is_regular_file()) all += read_text(entry.path());
    }
    return all;
  }
};

TEST_F(Database, WhatIsNoStoreIsRefusedWithoutThePassword) {
  const std::string hint = "expected postgres://USER@HOST:PORT/DATABASE";
  for (const char* url :
       {"people", "mysql://u:secret@h/d", "postgres://u:se/cret@h/d", "postgres://u:s@cret@h/d",
        "postgres://u:secret@h/d?table=x", "postgres://u:%zzsecret@h/d"}) {
    EXPECT_THAT(test::message_of<InvalidArgument>([&] { DatabaseGallery(url, "g"); }),
                AllOf(HasSubstr(hint), Not(HasSubstr("cret"))))
        << url;
  }
  for (const char* name : {"", "public", "pg_x", "a b", "a\"; DROP SCHEMA x; --", "über"}) {
    EXPECT_THAT(test::message_of<InvalidArgument>([&] { DatabaseGallery(server().url(), name); }),
                HasSubstr("no name of a gallery"));
  }
  const std::string nobody = test::message_of<search::Unreachable>(
      [] { DatabaseGallery("postgres://dmf:secret@127.0.0.1:1/postgres", "g"); });
  EXPECT_THAT(nobody, AllOf(HasSubstr("g in dmf@127.0.0.1:1/postgres: the database is not reached"),
                            HasSubstr("refused"), Not(HasSubstr("secret"))));
  const std::string wrong = test::message_of<search::Unreachable>([] {
    DatabaseGallery(fmt::format("postgres://dmf:secret@127.0.0.1:{}/postgres", server().port()), "g");
  });
  EXPECT_THAT(wrong, AllOf(HasSubstr("password authentication failed"), Not(HasSubstr("secret"))));
  EXPECT_THAT(test::message_of<DataError>([] { DatabaseGallery(server().url(), "not-made"); }),
              AllOf(HasSubstr("not-made in dmf@127.0.0.1"), HasSubstr("no gallery"),
                    Not(HasSubstr(test::PostgresServer::kPassword))));
}

TEST_F(Database, ThePasswordMayComeFromTheEnvironment) {
  const std::string name = new_name();
  { DatabaseKeeper keeper(server().url(), name, kKind); }
  const std::string url = fmt::format("postgresql://dmf@127.0.0.1:{}/postgres", server().port());
  ::setenv("PGPASSWORD", test::PostgresServer::kPassword, 1);
  EXPECT_EQ(DatabaseGallery(url, name).count(), 0);
  ::unsetenv("PGPASSWORD");
}

TEST_F(Database, WithoutTheExtensionThatIsSaid) {
  { DatabaseKeeper keeper(server().url(), new_name(), kKind); }
  Connection admin(server().url(), "admin");
  admin.run("CREATE DATABASE bare");
  admin.run("CREATE ROLE maker LOGIN PASSWORD 'sesame-7'");
  admin.run("GRANT CREATE ON DATABASE bare TO maker");
  // Who may make tables may not make the extension: it needs a superuser.
  const std::string url = server().url("maker", "bare");
  const std::string message = test::message_of<Error>([&] { DatabaseKeeper keeper(url, new_name(), kKind); });
  EXPECT_THAT(message, AllOf(HasSubstr("extension"), HasSubstr("vector")));
}

TEST_F(Database, ARoleThatReadsOnlyReads) {
  const std::string name = new_name();
  DatabaseKeeper owner(server().url(), name, kKind);
  add(owner, numbers(1, 5));
  Connection admin(server().url(), name);
  admin.run("CREATE ROLE reader LOGIN PASSWORD 'sesame-7'");
  admin.run("GRANT USAGE ON SCHEMA " + admin.schema() + " TO reader");
  admin.run("GRANT SELECT ON ALL TABLES IN SCHEMA " + admin.schema() + " TO reader");
  const std::string url = server().url("reader");
  const std::vector<float> query = vector_of(3);
  EXPECT_EQ(DatabaseGallery(url, name).search({query, 1, kWidth}, 1, {}, false).answers[0][0].id, 3);
  DatabaseKeeper keeper(url, name);
  EXPECT_THAT(test::message_of<InvalidArgument>([&] { add(keeper, {6}); }),
              AllOf(HasSubstr("this role may not do that"), HasSubstr("hint: GRANT")));
  EXPECT_THAT(test::message_of<InvalidArgument>([&] { keeper.remove({1}); }), HasSubstr("may not"));
  owner.remove({1});
  EXPECT_THAT(test::message_of<InvalidArgument>([&] { keeper.compact(false); }), HasSubstr("only the owner"));
  EXPECT_EQ(owner.view().count(), 4);
  EXPECT_EQ(DatabaseGallery(url, name).statistics().deleted_rows, 1) << "it is still to be compacted";
  EXPECT_THAT(test::message_of<InvalidArgument>([&] { DatabaseKeeper other(url, new_name(), kKind); }),
              HasSubstr("may not"));
}

TEST_F(Database, VectorsOfAnyWidthThatItHolds) {
  EXPECT_THAT(test::message_of<InvalidArgument>([] {
                DatabaseKeeper(server().url(), new_name(), {"a model", 16001});
              }),
              HasSubstr("16001 numbers; the database holds up to 16000"));
  DatabaseKeeper wide(server().url(), new_name(), {"a model", 3000});
  add(wide, numbers(1, 12));
  const std::vector<float> query = vector_of(7, 3000);
  EXPECT_EQ(wide.view().search({query, 1, 3000}, 1, {}, false).answers[0][0].id, 7);
  EXPECT_THAT(test::message_of<InvalidArgument>([&] { wide.build_approximate(0.9); }),
              HasSubstr("vectors of up to 2000 numbers, these have 3000"));
}

TEST_F(Database, TextThatItCannotHoldIsRefused) {
  DatabaseKeeper keeper(server().url(), new_name(), kKind);
  const std::vector<float> vector = vector_of(1);
  std::vector<search::NewCrop> one(1);
  for (const std::string& text : {std::string("a\0b", 3), std::string("\xff\xfe")}) {
    one[0].crop.camera = text;
    EXPECT_THAT(test::message_of<InvalidArgument>([&] {
                  keeper.add({vector, 1, kWidth}, one);
                }),
                HasSubstr("a value that the database cannot hold"));
  }
  one[0].crop.camera = "Tür \"1\"; \\ 'x' {a,b}";
  one[0].crop.tags = {"a,b", "{\"c\"}"};
  EXPECT_EQ(keeper.view().crop(keeper.add({vector, 1, kWidth}, one)[0]).camera, one[0].crop.camera);
}

TEST_F(Database, WhatIsCompactedHasLeftTheTables) {
  const std::string name = new_name();
  DatabaseKeeper keeper(server().url(), name, {"a model", 64});
  add(keeper, numbers(50001, 50200));  // nobody else's here
  const std::vector<float> unit = keeper.view().vector(9);
  const std::string vector(reinterpret_cast<const char*>(unit.data()), unit.size() * sizeof(float));
  const std::string thumbnail = crop_of(50009).thumbnail;
  Connection admin(server().url(), name);
  admin.run("CHECKPOINT");
  ASSERT_NE(data_files().find(vector), std::string::npos);
  ASSERT_NE(data_files().find(thumbnail), std::string::npos);
  keeper.remove({9});
  EXPECT_EQ(keeper.compact(false).rows, 1);
  admin.run("CHECKPOINT");
  EXPECT_EQ(data_files().find(vector), std::string::npos);
  EXPECT_EQ(data_files().find(thumbnail), std::string::npos);
  EXPECT_EQ(keeper.compact(false).rows, 0) << "nothing is left to do";
  EXPECT_EQ(keeper.view().count(), 199);
}

TEST_F(Database, AnApproximateIndexFindsWhatWasAskedAndFiltersLoseNothing) {
  DatabaseKeeper keeper(server().url(), new_name(), {"a model", 16});
  EXPECT_THAT(test::message_of<InvalidArgument>([&] { keeper.build_approximate(0.9); }),
              HasSubstr("too few"));
  add(keeper, numbers(1, 3000));
  const ApproximateFacts facts = keeper.build_approximate(0.9);
  EXPECT_GE(facts.recall, 0.9);
  const std::vector<float> query = vector_of(77, 16);
  const search::SearchResult found = keeper.view().search({query, 1, 16}, 10, {}, false);
  EXPECT_FALSE(found.is_exact);
  EXPECT_EQ(found.answers[0][0].id, 77);
  EXPECT_TRUE(keeper.view().search({query, 1, 16}, 10, {}, true).is_exact);
  const search::Filter few{.ids = {5, 900, 2900, 17, 18, 19, 20, 21, 22, 23, 24, 25}};
  EXPECT_EQ(keeper.view().search({query, 1, 16}, 20, few, false).answers[0].size(), 12);
  add(keeper, {4000});
  const std::vector<float> added = vector_of(4000, 16);
  EXPECT_EQ(keeper.view().search({added, 1, 16}, 1, {}, false).answers[0][0].id, 3001);
}

TEST_F(Database, SeveralWriteAtTheSameTime) {
  const std::string name = new_name();
  constexpr int64_t kWriters = 4, kRounds = 15;
  {
    std::vector<std::jthread> writers;
    for (int64_t w = 0; w < kWriters; ++w) {
      writers.emplace_back([&, w] {
        DatabaseKeeper keeper(server().url(), name, kKind);  // all of them make it
        for (int64_t i = 0; i < kRounds; ++i)
          add(keeper, {0, 1000 * (w + 1) + i, 1});  // two sources of everybody's
      });
    }
  }
  const DatabaseGallery gallery(server().url(), name);
  EXPECT_EQ(gallery.count(), kWriters * kRounds + 2);
}

TEST_F(Database, AServerThatComesBackIsFoundAgain) {
  const std::string name = new_name();
  DatabaseKeeper keeper(server().url(), name, kKind);
  add(keeper, numbers(1, 30));
  const DatabaseGallery reader(server().url(), name);
  const std::vector<float> query = vector_of(3);
  const auto search = [&] { return reader.search({query, 1, kWidth}, 1, {}, false).answers[0][0].id; };
  EXPECT_EQ(search(), 3);
  server().stop();
  EXPECT_THAT(
      test::message_of<search::Unreachable>(search),
      AllOf(HasSubstr(name), HasSubstr("not reached"), Not(HasSubstr(test::PostgresServer::kPassword))));
  EXPECT_THAT(test::message_of<search::Unreachable>([&] { add(keeper, {31}); }), HasSubstr("not reached"));
  server().start();
  EXPECT_EQ(search(), 3);
  EXPECT_EQ(reader.count(), 30);
  EXPECT_EQ(add(keeper, {31}).size(), 1);
  server().stop();
  server().start();
  EXPECT_EQ(search(), 3) << "lost and there again between two searches: nobody notices";
  EXPECT_EQ(add(keeper, {32}).size(), 1);
  EXPECT_EQ(reader.count(), 32) << "what was told is there";
}

TEST_F(Database, AServerStoppedWhileManySearchGivesAnAnswerOrAnErrorAndThenAnswers) {
  const std::string name = new_name();
  DatabaseKeeper keeper(server().url(), name, {"a model", 64});
  add(keeper, numbers(1, 2000));
  std::atomic<bool> is_over{false};
  std::atomic<int> right{0}, wrong{0}, errors{0};
  {
    std::vector<std::jthread> clients;
    for (int64_t c = 0; c < 3; ++c) {
      clients.emplace_back([&, c] {
        const DatabaseGallery gallery(server().url(), name);
        const std::vector<float> query = vector_of(c + 5, 64);
        while (!is_over) {
          try {
            ++(gallery.search({query, 1, 64}, 3, {}, true).answers[0][0].id == c + 5 ? right : wrong);
          } catch (const search::Unreachable&) {
            ++errors;
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
          }
        }
      });
    }
    const auto wait_for = [](const auto& holds) {
      for (int i = 0; i < 2000 && !holds(); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(5));
    };
    wait_for([&] { return right > 10; });
    server().stop();
    wait_for([&] { return errors > 3; });
    server().start();
    const int before = right;
    wait_for([&] { return right > before + 10; });
    EXPECT_GT(right, before + 10);
    is_over = true;
  }
  EXPECT_EQ(wrong, 0);
  EXPECT_GT(errors, 0);
}

}  // namespace
}  // namespace dmf::pgstore
