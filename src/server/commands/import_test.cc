// Import of every kind of content, its errors, and its resumption.
#include "server/commands/import.h"

#include <lzma.h>
#include <zlib.h>

#include <string>

#include "server/commands/input_stream.h"
#include "server/commands/test_support.h"

namespace vesta::server::commands::testing {
namespace {

std::string patient(std::string_view id, std::string_view family = "Chen") {
  return R"({"resourceType":"Patient","id":")" + std::string(id) + R"(","name":[{"family":")" + std::string(family) +
         R"("}]})";
}

std::string bundle(std::string_view type, std::string_view entries) {
  return R"({"resourceType":"Bundle","type":")" + std::string(type) + R"(","entry":[)" + std::string(entries) + "]}";
}

std::string gzipped(const std::string& text) {
  std::string packed(text.size() + 1000, '\0');
  z_stream stream{};
  deflateInit2(&stream, 6, Z_DEFLATED, MAX_WBITS + 16, 8, Z_DEFAULT_STRATEGY);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  deflate(&stream, Z_FINISH);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return packed;
}

std::string xzipped(const std::string& text) {
  std::string packed(text.size() + 1000, '\0');
  std::size_t size = 0;
  EXPECT_EQ(lzma_easy_buffer_encode(1, LZMA_CHECK_CRC32, nullptr, reinterpret_cast<const std::uint8_t*>(text.data()),
                                    text.size(), reinterpret_cast<std::uint8_t*>(packed.data()), &size, packed.size()),
            LZMA_OK);
  packed.resize(size);
  return packed;
}

TEST(Import, TakesEachKindOfContent) {
  Folder folder;
  folder.write("a/single.json", patient("single"));
  folder.write("a/no-id.json", R"({"resourceType":"Patient","active":true})");
  folder.write("b/lines.ndjson", patient("line1") + "\n\n" + patient("line2"));
  folder.write("b/more.jsonl.gz", gzipped(patient("line3") + "\r\n") + gzipped(patient("line4") + "\n"));
  folder.write("c/packed.json.xz", xzipped(patient("packed")));
  folder.write("c/collection.json",
               bundle("collection", R"({"fullUrl":"urn:uuid:1","resource":)" + patient("member") + "}"));
  folder.write("d/transaction.json", bundle("transaction", R"({"fullUrl":"urn:uuid:2","resource":)" + patient("x") +
                                                               R"(,"request":{"method":"POST","url":"Patient"}})"));
  folder.write("d/batch.json", bundle("batch", R"({"resource":)" + patient("batched") +
                                                   R"(,"request":{"method":"PUT","url":"Patient/batched"}})"));
  folder.write("notes.txt", "not looked at");
  Target target;
  EXPECT_EQ(target.import({folder.path()}), 0) << target.printed;
  EXPECT_EQ(target.summary.files, 8u);
  EXPECT_EQ(target.summary.resources, 10u);
  EXPECT_EQ(target.resources(), 10u);
  const auto type = *fhir::r4().find_resource_type("Patient");
  for (const char* id : {"single", "line1", "line2", "line3", "line4", "packed", "member", "batched"}) {
    EXPECT_TRUE(target.store->read(type, id).value().has_value()) << id;
  }
  EXPECT_FALSE(target.store->read(type, "x").value().has_value()) << "a POST gets an id of the server";
}

TEST(Import, DoesNothingTwice) {
  Folder folder;
  folder.write("a.json", patient("a"));
  folder.write("b.ndjson", patient("b"));
  folder.write(
      "t.json",
      bundle("transaction", R"({"resource":{"resourceType":"Patient"},"request":{"method":"POST","url":"Patient"}})"));
  Target target;
  EXPECT_EQ(target.import({folder.path()}), 0);
  EXPECT_EQ(target.import({folder.path()}), 0);
  EXPECT_EQ(target.summary.files_done, 3u);
  EXPECT_EQ(target.summary.resources, 0u);
  EXPECT_EQ(target.versions(), 3u);
  // A changed file is another file.
  folder.write("a.json", patient("a", "Changed"));
  EXPECT_EQ(target.import({folder.path()}), 0);
  EXPECT_EQ(target.summary.resources, 1u);
  EXPECT_EQ(target.versions(), 4u);
}

TEST(Import, CollectionsKeepTheirLinks) {
  Folder folder;
  const std::string observation =
      R"({"fullUrl":"urn:uuid:0b","resource":{"resourceType":"Observation","id":"o","status":"final",)"
      R"("code":{"text":"x"},"subject":{"reference":"urn:uuid:0a"}}})";
  folder.write("c.json",
               bundle("collection", observation + R"(,{"fullUrl":"urn:uuid:0a","resource":)" + patient("p") + "}"));
  Target target;
  EXPECT_EQ(target.import({folder.path()}), 0) << target.printed;
  EXPECT_NE(target.exported({"Observation"}).find(R"("reference":"Patient/p")"), std::string::npos);
}

TEST(Import, NamesFileLineAndPathOfAnError) {
  Folder folder;
  folder.write("bad.ndjson", patient("a") + "\n{\"resourceType\":\"Patient\",\"colour\":1}\n" + patient("b") + "\n{\n");
  folder.write("bad.json", bundle("transaction", R"({"resource":{"resourceType":"Patient","gender":[1]},)"
                                                 R"("request":{"method":"POST","url":"Patient"}})"));
  folder.write("cut.json.gz", gzipped(patient("c")).substr(0, 30));
  folder.write("history.json", bundle("history", R"({"resource":)" + patient("h") + "}"));
  Target target;
  EXPECT_EQ(target.import({folder.path()}), 1);
  EXPECT_EQ(target.summary.errors, 5u);
  EXPECT_EQ(target.resources(), 2u);
  EXPECT_NE(target.printed.find("bad.ndjson:2: Patient.colour: "), std::string::npos) << target.printed;
  EXPECT_NE(target.printed.find("bad.ndjson:4: "), std::string::npos) << target.printed;
  EXPECT_NE(target.printed.find("bad.json: Bundle.entry[0].resource.gender"), std::string::npos) << target.printed;
  EXPECT_NE(target.printed.find("cut.json.gz: The compressed file is cut off."), std::string::npos) << target.printed;
  EXPECT_NE(target.printed.find("history.json: Bundle.type: "), std::string::npos) << target.printed;
  // What was wrong stays wrong, and good lines are not stored again.
  EXPECT_EQ(target.import({folder.path()}), 1);
  EXPECT_EQ(target.summary.errors, 5u);
  EXPECT_EQ(target.versions(), 2u);
}

TEST(Import, NamesTheEntryOfABatch) {
  Folder folder;
  folder.write("batch.json",
               bundle("batch", R"({"resource":)" + patient("good") +
                                   R"(,"request":{"method":"PUT","url":"Patient/good"}},{"resource":)" +
                                   patient("bad") + R"(,"request":{"method":"PUT","url":"Patient/other"}})"));
  Target target;
  EXPECT_EQ(target.import({folder.path()}), 1);
  EXPECT_EQ(target.summary.resources, 1u);
  EXPECT_NE(target.printed.find("batch.json: Bundle.entry[1]."), std::string::npos) << target.printed;
}

TEST(Import, RefusesPathsThatAreNoInput) {
  Folder folder;
  const fs::path text = folder.write("notes.txt", "");
  Target target;
  EXPECT_EQ(target.import({folder / "missing"}), 1);
  EXPECT_NE(target.printed.find("missing"), std::string::npos);
  EXPECT_EQ(target.import({text}), 1);
  EXPECT_EQ(target.resources(), 0u);
}

TEST(Import, WaitsForWhatAConditionalReferenceMeans) {
  Folder folder;
  // The file that is read first refers to what the later ones bring.
  const auto entry = [](std::string_view resource, std::string_view type) {
    return R"({"resource":)" + std::string(resource) + R"(,"request":{"method":"POST","url":")" + std::string(type) +
           R"("}})";
  };
  folder.write("1.json",
               bundle("transaction", entry(R"({"resourceType":"Observation","status":"final","code":{"text":"x"},)"
                                           R"("subject":{"reference":"Patient?identifier=s|2"}})",
                                           "Observation")));
  folder.write("2.json",
               bundle("transaction", entry(R"({"resourceType":"Patient","identifier":[{"system":"s","value":"2"}],)"
                                           R"("managingOrganization":{"reference":"Organization?identifier=s|3"}})",
                                           "Patient")));
  folder.write("3.json", bundle("transaction",
                                entry(R"({"resourceType":"Organization","identifier":[{"system":"s","value":"3"}]})",
                                      "Organization")));
  Target target;
  EXPECT_EQ(target.import({folder.path()}, 1), 0) << target.printed;
  EXPECT_EQ(target.resources(), 3u);
  folder.write("4.json",
               bundle("transaction", entry(R"({"resourceType":"Observation","status":"final","code":{"text":"x"},)"
                                           R"("subject":{"reference":"Patient?identifier=s|none"}})",
                                           "Observation")));
  EXPECT_EQ(target.import({folder.path()}, 1), 1);
  EXPECT_NE(target.printed.find("4.json: Bundle.entry[0]"), std::string::npos) << target.printed;
}

TEST(Import, OneLineMayHoldTheSameResourceAgain) {
  Folder folder;
  std::string text;
  for (int i = 0; i < 5; ++i) text += patient("same", "V" + std::to_string(i)) + "\n";
  folder.write("same.ndjson", text);
  Target target;
  EXPECT_EQ(target.import({folder.path()}), 0) << target.printed;
  EXPECT_EQ(target.resources(), 1u);
  EXPECT_EQ(target.versions(), 5u);
  EXPECT_NE(target.exported().find("V4"), std::string::npos) << "the last one counts";
}

TEST(InputStream, ReadsAcrossBuffers) {
  std::string text;
  for (std::uint64_t i = 0; text.size() < 3'000'000; ++i) text += std::to_string(i * 7919) + ",";
  Folder folder;
  for (const auto& [name, packed] : {std::pair<std::string, std::string>{"t.json", text},
                                     {"t.json.gz", gzipped(text)},
                                     {"t.json.xz", xzipped(text)}}) {
    auto stream = open_input(folder.write(name, packed));
    ASSERT_TRUE(stream.ok());
    const auto read = read_all(**stream, text.size(), 64);
    ASSERT_TRUE(read.ok()) << name << read.error().message;
    EXPECT_EQ(*read, text) << name;
    EXPECT_GE(read->capacity(), text.size() + 64);
    EXPECT_EQ((*stream)->consumed(), packed.size());
    auto again = open_input(folder / name);
    const auto too_long = read_all(**again, text.size() - 1, 64);
    ASSERT_FALSE(too_long.ok());
    EXPECT_EQ(too_long.error().category, Category::too_large);
    if (name == "t.json") continue;
    for (const std::size_t size : {packed.size() - 1, packed.size() / 2, std::size_t{20}}) {
      auto cut = open_input(folder.write("cut" + name, packed.substr(0, size)));
      const auto broken = read_all(**cut, text.size(), 0);
      ASSERT_FALSE(broken.ok()) << name << size;
      EXPECT_EQ(broken.error().category, Category::invalid);
    }
  }
}

}  // namespace
}  // namespace vesta::server::commands::testing
