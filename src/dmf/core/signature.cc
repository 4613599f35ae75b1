#include "dmf/core/signature.h"

#include <openssl/evp.h>
#include <openssl/pem.h>

#include <memory>

#include "dmf/core/error.h"

namespace dmf {
namespace {

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;

Key key_of(const std::string& pem) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> text(
      BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), &BIO_free);
  Key key(PEM_read_bio_PUBKEY(text.get(), nullptr, nullptr, nullptr), &EVP_PKEY_free);
  DMF_CHECK(key != nullptr && EVP_PKEY_id(key.get()) == EVP_PKEY_ED25519, InvalidArgument,
            "the key is no public Ed25519 key in PEM; hint: openssl pkey -in secret.pem -pubout");
  return key;
}

}  // namespace

bool is_signed(std::string_view text, std::string_view signature, const std::string& public_key) {
  const Key key = key_of(public_key);
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), &EVP_MD_CTX_free);
  return context != nullptr &&
         EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key.get()) == 1 &&
         EVP_DigestVerify(context.get(), bytes_of(signature), signature.size(), bytes_of(text),
                          text.size()) == 1;
}

}  // namespace dmf
