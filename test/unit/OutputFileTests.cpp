//===- OutputFileTests.cpp - Files that appear only when they are complete
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lw/Support/OutputFile.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"
#include "gtest/gtest.h"
#include <csignal>
#include <fstream>

using namespace mlir::lw;
namespace fs = llvm::sys::fs;

namespace {

/// A folder that goes with the test.
class OutputFile : public ::testing::Test {
protected:
  // A shell's background job may have been given signals that are ignored.
  static void SetUpTestSuite() {
    for (int signal : {SIGINT, SIGTERM, SIGHUP})
      std::signal(signal, SIG_DFL);
  }

  OutputFile() {
    llvm::SmallString<128> path;
    EXPECT_FALSE(fs::createUniqueDirectory("output", path));
    folder = path.str().str();
  }
  ~OutputFile() override { EXPECT_FALSE(fs::remove_directories(folder)); }

  std::string in(llvm::StringRef name) const {
    return (folder + "/" + name).str();
  }

  void put(llvm::StringRef name, llvm::StringRef text) const {
    std::ofstream(in(name), std::ios::binary) << text.str();
  }

  std::string get(llvm::StringRef name) const {
    auto buffer = llvm::MemoryBuffer::getFile(in(name));
    return buffer ? (*buffer)->getBuffer().str() : "missing";
  }

  /// The names in the folder.
  std::vector<std::string> list() const {
    std::vector<std::string> names;
    std::error_code error;
    for (fs::directory_iterator i(folder, error), end; i != end && !error;
         i.increment(error))
      names.push_back(llvm::sys::path::filename(i->path()).str());
    llvm::sort(names);
    return names;
  }

  std::string folder;
};

using Names = std::vector<std::string>;

} // namespace

TEST_F(OutputFile, AppearsWhenComplete) {
  put("x", "old");
  llvm::Error error = writeOutput(in("x"), [&](llvm::raw_ostream &stream) {
    stream << "new";
    stream.flush();
    EXPECT_EQ(get("x"), "old");
    EXPECT_EQ(list().size(), 2u);
    return llvm::Error::success();
  });
  EXPECT_FALSE(static_cast<bool>(error));
  EXPECT_EQ(get("x"), "new");
  EXPECT_EQ(list(), Names{"x"});
}

TEST_F(OutputFile, StaysWhenTheWriterFails) {
  put("x", "old");
  llvm::Error error =
      writeOutput(in("x"), [](llvm::raw_ostream &stream) -> llvm::Error {
        stream << "half";
        return llvm::createStringError("the other half is missing");
      });
  EXPECT_EQ(llvm::toString(std::move(error)), "the other half is missing");
  EXPECT_EQ(get("x"), "old");
  EXPECT_EQ(list(), Names{"x"});
}

TEST_F(OutputFile, GoesWithASignal) {
  put("x", "old");
  for (int signal : {SIGINT, SIGTERM, SIGHUP}) {
    auto interrupted = [&] {
      return writeOutput(in("x"), [signal](llvm::raw_ostream &stream) {
        stream << "half";
        stream.flush();
        raise(signal);
        return llvm::Error::success();
      });
    };
    EXPECT_EXIT(llvm::consumeError(interrupted()),
                ::testing::KilledBySignal(signal), "");
    EXPECT_EQ(get("x"), "old");
    EXPECT_EQ(list(), Names{"x"});
  }
}

TEST_F(OutputFile, TakesTheLongestNames) {
  std::string name(255, 'n');
  EXPECT_FALSE(static_cast<bool>(writeFile(in(name), "text")));
  EXPECT_EQ(list(), Names{name});
  EXPECT_NE(llvm::toString(writeFile(in(name + "n"), "text")).find("too long"),
            std::string::npos);
}

TEST_F(OutputFile, FollowsLinksStepByStep) {
  // a -> sub/b -> ../c, which is not there.
  EXPECT_FALSE(fs::create_directory(in("sub")));
  EXPECT_FALSE(fs::create_link("sub/b", in("a")));
  EXPECT_FALSE(fs::create_link("../c", in("sub/b")));
  EXPECT_FALSE(static_cast<bool>(checkWritable(in("a"))));
  EXPECT_FALSE(static_cast<bool>(writeFile(in("a"), "text")));
  EXPECT_EQ(list(), (Names{"a", "c", "sub"}));
  EXPECT_TRUE(fs::is_symlink_file(in("a")));
  EXPECT_EQ(get("c"), "text");
  // A circle of links is no place.
  EXPECT_FALSE(fs::create_link("circle", in("circle")));
  EXPECT_NE(llvm::toString(writeFile(in("circle"), "text")), "");
  EXPECT_TRUE(fs::is_symlink_file(in("circle")));
}

TEST_F(OutputFile, RefusesWhatIsNoFile) {
  auto both = [&](const std::string &path) {
    std::string message = llvm::toString(writeFile(path, "text"));
    EXPECT_EQ(llvm::toString(checkWritable(path)), message);
    return message;
  };
  EXPECT_EQ(both(folder), "cannot write '" + folder + "': it is a directory");
  EXPECT_EQ(both(in("no/x")),
            "cannot write '" + in("no/x") + "': No such file or directory");
  EXPECT_EQ(list(), Names{});
}

TEST_F(OutputFile, WritesDevices) {
  EXPECT_FALSE(isStreamPath(in("x")));
  EXPECT_TRUE(isStreamPath("/dev/null"));
  EXPECT_TRUE(isStandardOutput("-"));
  EXPECT_TRUE(isStandardOutput("/dev/stdout"));
  EXPECT_FALSE(isStandardOutput("/dev/null"));
  EXPECT_FALSE(static_cast<bool>(writeFile("/dev/null", "text")));
  // A buffer's worth and more: both the write and the last flush are checked.
  for (size_t size : {size_t(1), size_t(1) << 20})
    EXPECT_EQ(llvm::toString(writeFile("/dev/full", std::string(size, 'x'))),
              "cannot write '/dev/full': No space left on device");
}
