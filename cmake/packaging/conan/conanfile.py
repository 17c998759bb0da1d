"""Conan 2: conan create cmake/packaging/conan --build=missing. The sources are the tree that this file lies in."""

import os
import re

from conan import ConanFile
from conan.tools.cmake import CMake, CMakeDeps, CMakeToolchain, cmake_layout
from conan.tools.files import copy, load
from conan.tools.gnu import PkgConfigDeps

PARTS = ("CMakeLists.txt", "LICENSE", "README.md", "CHANGELOG.md", "include/*", "src/*", "cmake/*", "pkgconfig/*", "docs/*")


class BatchRouter(ConanFile):
    name = "batchrouter"
    description = "Batch requests to language models: half the price, nothing lost, nothing paid twice"
    license = "MIT"
    topics = ("llm", "batch", "openai", "anthropic", "gemini")
    package_type = "library"
    settings = "os", "arch", "compiler", "build_type"
    options = {"shared": [True, False]}
    default_options = {"shared": True}

    @property
    def _root(self):
        return os.path.abspath(os.path.join(self.recipe_folder, "..", "..", ".."))

    def set_version(self):
        # The version lives in the public header, and nowhere else.
        header = load(self, os.path.join(self._root, "include", "batchrouter.h"))
        self.version = re.search(r'BR_VERSION_STRING "([^"]+)"', header)[1]

    def export_sources(self):
        for part in PARTS:
            copy(self, part, src=self._root, dst=self.export_sources_folder)

    def requirements(self):
        self.requires("libcurl/[>=7.85 <9]")
        self.requires("openssl/[>=3.0 <4]")
        self.requires("sqlite3/[>=3.35 <4]")

    def layout(self):
        cmake_layout(self)

    def generate(self):
        toolchain = CMakeToolchain(self)
        for part in ("CLI", "TESTS", "EXAMPLES"):
            toolchain.cache_variables[f"BATCHROUTER_BUILD_{part}"] = False
        toolchain.cache_variables["BATCHROUTER_BUILD_STATIC"] = not self.options.shared
        toolchain.generate()
        CMakeDeps(self).generate()
        PkgConfigDeps(self).generate()

    def build(self):
        cmake = CMake(self)
        cmake.configure()
        cmake.build()

    def package(self):
        CMake(self).install()
        copy(self, "LICENSE", src=self.source_folder, dst=os.path.join(self.package_folder, "licenses"))

    def package_info(self):
        target = "batchrouter" if self.options.shared else "batchrouter_static"
        self.cpp_info.libs = ["batchrouter"]
        self.cpp_info.set_property("cmake_file_name", "BatchRouter")
        self.cpp_info.set_property("cmake_target_name", f"BatchRouter::{target}")
        self.cpp_info.set_property("pkg_config_name", "batchrouter")
        if not self.options.shared:
            self.cpp_info.system_libs = ["stdc++", "pthread"]
