// Certificates made on the spot, for the tests of `net` over TLS.
#pragma once

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "net/server.h"

namespace vesta::net {

// A certificate and its key as PEM files in a folder of its own: signed by itself, or by another one.
class Certificate {
 public:
  enum class Kind { server, authority, client };
  explicit Certificate(Kind kind = Kind::server, const Certificate* issuer = nullptr, long ends_in = 3600)
      : key_(EVP_EC_gen("P-256")), certificate_(X509_new()) {
    char name[] = "/tmp/vesta-tls-XXXXXX";
    folder_ = ::mkdtemp(name);
    X509_set_version(certificate_, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate_), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate_), -7200);
    X509_gmtime_adj(X509_getm_notAfter(certificate_), ends_in);
    X509_set_pubkey(certificate_, key_);
    X509_NAME* subject = X509_get_subject_name(certificate_);
    const char* const called = kind == Kind::authority ? "An authority" : "localhost";
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>(called), -1, -1, 0);
    add(NID_basic_constraints, kind == Kind::authority ? "critical,CA:TRUE" : "critical,CA:FALSE");
    if (kind != Kind::authority) add(NID_ext_key_usage, kind == Kind::client ? "clientAuth" : "serverAuth");
    X509_set_issuer_name(certificate_, issuer == nullptr ? subject : X509_get_subject_name(issuer->certificate_));
    X509_sign(certificate_, issuer == nullptr ? key_ : issuer->key_, EVP_sha256());
    write(certificate_file(), [&](std::FILE* file) { PEM_write_X509(file, certificate_); });
    write(key_file(),
          [&](std::FILE* file) { PEM_write_PrivateKey(file, key_, nullptr, nullptr, 0, nullptr, nullptr); });
  }
  ~Certificate() {
    X509_free(certificate_);
    EVP_PKEY_free(key_);
    std::filesystem::remove_all(folder_);
  }
  Certificate(const Certificate&) = delete;
  Certificate& operator=(const Certificate&) = delete;

  std::string certificate_file() const { return folder_ + "/certificate.pem"; }
  std::string key_file() const { return folder_ + "/key.pem"; }
  ServerOptions options() const {
    ServerOptions options;
    options.tls_certificate_file = certificate_file();
    options.tls_key_file = key_file();
    return options;
  }

 private:
  template <class Write>
  static void write(const std::string& path, Write write_to) {
    std::FILE* file = std::fopen(path.c_str(), "w");
    ASSERT_NE(file, nullptr);
    write_to(file);
    std::fclose(file);
  }
  void add(int extension, const char* value) {
    X509_EXTENSION* const made = X509V3_EXT_conf_nid(nullptr, nullptr, extension, value);
    X509_add_ext(certificate_, made, -1);
    X509_EXTENSION_free(made);
  }

  std::string folder_;
  EVP_PKEY* key_;
  X509* certificate_;
};

}  // namespace vesta::net
