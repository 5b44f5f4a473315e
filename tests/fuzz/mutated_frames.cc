// Mutates the frames of seeds by chance and sends them through one translated switch after another,
// without a fuzzer: what is slow to instrument runs here in numbers.
//
// Run: mutated_frames FRAMES SEED FOLDER-OF-SEEDS. Ends with how many frames came in, and how fast.
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "tests/fuzz/frame_checks.h"
#include "tests/fuzz/input.h"
#include "tests/fuzz/world.h"

namespace laneway::fuzz {
namespace {

constexpr std::uint64_t kFramesPerWorld = 100'000;  // then tables begin anew

using Scripts = std::vector<std::vector<std::uint8_t>>;

Scripts read_scripts(const char* folder) {
  Scripts scripts;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    std::ifstream in(entry.path(), std::ios::binary);
    scripts.emplace_back(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
  }
  return scripts;
}

// Some bytes by chance: overwritten, one bit flipped, or the script cut.
void mutate(std::vector<std::uint8_t>& script, std::mt19937_64& random) {
  if (script.empty()) return;
  for (std::uint64_t left = 1 + random() % 16; left > 0; --left) {
    std::uint8_t& octet = script[random() % script.size()];
    octet = random() % 2 == 0 ? static_cast<std::uint8_t>(random())
                              : static_cast<std::uint8_t>(octet ^ (1U << random() % 8));
  }
  if (random() % 16 == 0) script.resize(1 + random() % script.size());
}

std::uint64_t run(const Scripts& scripts, std::uint64_t frames, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::uint64_t done = 0;
  while (done < frames) {
    World world;
    while (world.frames() < kFramesPerWorld && done + world.frames() < frames) {
      std::vector<std::uint8_t> script = scripts[random() % scripts.size()];
      mutate(script, random);
      Input input(script.data(), script.size());
      while (!input.empty()) {
        world.step(input);
        check_edits(world);
      }
    }
    done += world.frames();
  }
  return done;
}

}  // namespace
}  // namespace laneway::fuzz

int main(int argc, char** argv) {
  using namespace laneway::fuzz;
  if (argc < 4) return 2;
  const Scripts scripts = read_scripts(argv[3]);
  if (scripts.empty()) return 2;
  const auto begin = std::chrono::steady_clock::now();
  const std::uint64_t done =
      run(scripts, std::strtoull(argv[1], nullptr, 10), std::strtoull(argv[2], nullptr, 10));
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  std::printf("%llu frames in %.1f s, %.0f a second\n", static_cast<unsigned long long>(done),
              took.count(), static_cast<double>(done) / took.count());
  return 0;
}
