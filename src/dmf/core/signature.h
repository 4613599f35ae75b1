#pragma once
#include <string>
#include <string_view>

namespace dmf {

/// Whether `signature` is the Ed25519 signature of `text` by the owner of a key: what
/// `openssl pkeyutl -sign -rawin -inkey secret.pem -in FILE` writes, 64 bytes.
/// @param public_key  PEM, as `openssl pkey -pubout` writes it
/// @throws InvalidArgument  no public Ed25519 key
bool is_signed(std::string_view text, std::string_view signature, const std::string& public_key);

}  // namespace dmf
