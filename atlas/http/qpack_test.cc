// Field sections beside nghttp3, which has a coder of its own.
#include "atlas/http/qpack.h"

#include <gtest/gtest.h>
#include <nghttp3/nghttp3.h>

#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "atlas/base/assert.h"
#include "atlas/http/exchanges.h"
#include "atlas/http/http3_frames.h"
#include "atlas/http/qpack_static_table.h"

namespace atlas::http {
namespace {

using Fields = std::vector<std::pair<std::string, std::string>>;

// None if the section is not to be read.
std::optional<Fields> read(base::Bytes section) {
  // With no octet to spare, so that AddressSanitizer sees one that is read too many.
  const std::vector<uint8_t> exact(section.begin(), section.end());
  std::vector<uint8_t> text;
  QpackReader reader(exact, text);
  Fields fields;
  for (QpackField field;;) {
    switch (reader.next(field)) {
      case QpackReader::Next::kField:
        fields.emplace_back(field.name, field.value);
        break;
      case QpackReader::Next::kEnd:
        return fields;
      default:
        return {};
    }
  }
}

std::string text_of(nghttp3_rcbuf* buffer) {
  const nghttp3_vec octets = nghttp3_rcbuf_get_buf(buffer);
  return {reinterpret_cast<const char*>(octets.base), octets.len};
}

std::optional<Fields> read_with_nghttp3(base::Bytes section) {
  nghttp3_qpack_decoder* decoder = nullptr;
  nghttp3_qpack_stream_context* context = nullptr;
  ATLAS_ASSERT(nghttp3_qpack_decoder_new(&decoder, 0, 0, nghttp3_mem_default()) == 0);
  ATLAS_ASSERT(nghttp3_qpack_stream_context_new(&context, 0, nghttp3_mem_default()) == 0);
  std::optional<Fields> fields = Fields();
  for (;;) {
    nghttp3_qpack_nv field;
    uint8_t flags = 0;
    const nghttp3_ssize used = nghttp3_qpack_decoder_read_request(decoder, context, &field, &flags,
                                                                  section.data(), section.size(), 1);
    if (used < 0) {
      fields.reset();
      break;
    }
    section = section.subspan(static_cast<size_t>(used));
    if ((flags & NGHTTP3_QPACK_DECODE_FLAG_EMIT) == 0) break;
    fields->emplace_back(text_of(field.name), text_of(field.value));
    nghttp3_rcbuf_decref(field.name);
    nghttp3_rcbuf_decref(field.value);
  }
  nghttp3_qpack_stream_context_del(context);
  nghttp3_qpack_decoder_del(decoder);
  return fields;
}

std::vector<uint8_t> section_of_nghttp3(const Fields& fields) {
  nghttp3_qpack_encoder* encoder = nullptr;
  ATLAS_ASSERT(nghttp3_qpack_encoder_new(&encoder, 0, nghttp3_mem_default()) == 0);
  std::vector<nghttp3_nv> pairs;
  for (const auto& [name, value] : fields) pairs.push_back(library_field<nghttp3_nv>(name, value));
  nghttp3_buf prefix{}, lines{}, instructions{};
  ATLAS_ASSERT(nghttp3_qpack_encoder_encode(encoder, &prefix, &lines, &instructions, 0, pairs.data(),
                                            pairs.size()) == 0);
  std::vector<uint8_t> section(prefix.pos, prefix.last);
  section.insert(section.end(), lines.pos, lines.last);
  for (nghttp3_buf* buffer : {&prefix, &lines, &instructions})
    nghttp3_buf_free(buffer, nghttp3_mem_default());
  nghttp3_qpack_encoder_del(encoder);
  return section;
}

TEST(Qpack, ReadsWhateverAnEncoderWithoutATableWrites) {
  Fields fields;
  for (const FieldView& entry : kQpackStaticTable) {
    fields.emplace_back(entry.name, entry.value);
    fields.emplace_back(entry.name, "another value");
  }
  // Each octet has a code of Huffman's, of which some are as long as four octets.
  for (int octet = 0; octet < 256; ++octet) {
    fields.emplace_back("x-" + std::to_string(octet),
                        std::string(1, static_cast<char>(octet)) + "aaaaaaaaaaaaaa");
  }
  fields.emplace_back(std::string(200, 'a'), std::string(5000, 'b'));
  fields.emplace_back("x-not-coded", "{}{}{}");
  fields.emplace_back("x-empty", "");
  EXPECT_EQ(read(section_of_nghttp3(fields)), fields);
}

// The same sections as nghttp3 are read, and the same refused.
TEST(Qpack, IsAsStrictAsNghttp3) {
  std::mt19937 random(1);
  const auto below = [&](size_t end) { return std::uniform_int_distribution<size_t>(0, end - 1)(random); };
  const std::vector<uint8_t> whole = section_of_nghttp3({{":method", "GET"},
                                                         {":path", "/dns-query?dns=AAABAAABAAAAAAAA"},
                                                         {"accept", "application/dns-message"},
                                                         {"x-some", "~\\^`<>|\x01\xff"},
                                                         {"user-agent", "one"}});
  size_t read_count = 0;
  constexpr size_t kSections = 100'000;
  for (size_t i = 0; i < kSections; ++i) {
    std::vector<uint8_t> section = whole;
    for (size_t changes = 1 + below(3); changes > 0; --changes)
      section[below(section.size())] = static_cast<uint8_t>(random());
    if (below(4) == 0) section.resize(below(section.size()));
    const auto fields = read(section);
    ASSERT_EQ(fields, read_with_nghttp3(section)) << ::testing::PrintToString(section);
    read_count += fields ? 1 : 0;
  }
  EXPECT_GT(read_count, kSections / 20);
  EXPECT_LT(read_count, kSections / 20 * 19);
}

TEST(Qpack, WritesWhatNghttp3Reads) {
  const std::string long_value(20'000, 'v');
  const std::vector<FieldView> more{{"access-control-allow-origin", "*"},
                                    {"alt-svc", "h3=\":443\"; ma=86400"},
                                    {"X-Upper-Case", "Value"},
                                    {"allow", long_value}};
  for (const int status : {200, 204, 405, 503}) {
    const ResponseView response{.status = status,
                                .content_type = status == 405 ? "text/plain" : "application/dns-message",
                                .cache_control = status == 503 ? "no-store" : "max-age=3600",
                                .fields = std::span(more).first(status == 200 ? 1 : more.size())};
    std::vector<uint8_t> octets{1, 2, 3};  // it is appended
    append_headers(octets, response);
    base::Bytes rest = base::Bytes(octets).subspan(3);
    FrameReader frame;
    ASSERT_TRUE(frame.read_header(rest));
    EXPECT_EQ(frame.type(), Http3Frame::kHeaders);
    ASSERT_EQ(frame.left(), rest.size());
    Fields expected{{":status", std::to_string(status)},
                    {"content-type", std::string(response.content_type)},
                    {"cache-control", std::string(response.cache_control)}};
    for (const FieldView& field : response.fields) {
      expected.emplace_back(field.name == "X-Upper-Case" ? "x-upper-case" : field.name, field.value);
    }
    EXPECT_EQ(read_with_nghttp3(rest), expected);
    EXPECT_EQ(read(rest), expected);
  }
}

}  // namespace
}  // namespace atlas::http
