#!/usr/bin/env python3
"""The recipes for vcpkg and Conan agree with the tree: version, dependencies, options. recipes_check.py SOURCE_DIR

Neither tool is needed: what Conan would give the recipe is played here.
"""

import importlib.util
import json
import pathlib
import re
import sys
import types
from unittest import mock

root = pathlib.Path(sys.argv[1])
recipes = root / "cmake/packaging"
header = (root / "include/batchrouter.h").read_text(encoding="utf-8")
version = re.search(r'BR_VERSION_STRING "([^"]+)"', header)[1]
options = set(re.findall(r"option\((BATCHROUTER_\w+)", (root / "CMakeLists.txt").read_text(encoding="utf-8")))


def require(held, what):
    if not held:
        sys.exit(f"FAILED: {what}")


class PlayedConanFile:
    recipe_folder = str(recipes / "conan")
    export_sources_folder = "out"

    def __init__(self, shared):
        self.options = types.SimpleNamespace(shared=shared)
        self.cpp_info = mock.Mock()
        self.required = []

    def requires(self, reference):
        self.required.append(reference)


def load_conanfile(copied, toolchains):
    def toolchain(_):
        toolchains.append(mock.Mock(cache_variables={}))
        return toolchains[-1]

    files = mock.Mock(copy=lambda recipe, part, src, dst: copied.append((part, src)),
                      load=lambda recipe, path: pathlib.Path(path).read_text(encoding="utf-8"))
    played = {"conan": mock.Mock(ConanFile=PlayedConanFile), "conan.tools": mock.Mock(), "conan.tools.files": files,
              "conan.tools.cmake": mock.Mock(CMakeToolchain=toolchain), "conan.tools.gnu": mock.Mock(),
              "conan.tools.build": mock.Mock()}
    with mock.patch.dict(sys.modules, played):
        spec = importlib.util.spec_from_file_location("recipe", recipes / "conan/conanfile.py")
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    return module.BatchRouter


def check_conan():
    copied, toolchains = [], []
    recipe = load_conanfile(copied, toolchains)(shared=False)
    recipe.set_version()
    require(recipe.version == version, f"Conan takes the version {recipe.version}, the header has {version}")
    recipe.export_sources()
    for part, source in copied:
        require(any(pathlib.Path(source).glob(part)), f"Conan's recipe copies {part}, which is not there")
    recipe.requirements()
    recipe.generate()
    require(set(toolchains[0].cache_variables) <= options, f"options that CMake has not: {toolchains[0].cache_variables}")
    recipe.package_info()
    recipe.cpp_info.set_property.assert_any_call("cmake_target_name", "BatchRouter::batchrouter_static")
    return {reference.partition("/")[0] for reference in recipe.required}


def check_vcpkg():
    port = json.loads((recipes / "vcpkg/batchrouter/vcpkg.json").read_text(encoding="utf-8"))
    require(port["version-semver"] == version, f"the vcpkg port is of {port['version-semver']}, the header of {version}")
    used = set(re.findall(r"BATCHROUTER_\w+", (recipes / "vcpkg/batchrouter/portfile.cmake").read_text(encoding="utf-8")))
    require(used <= options, f"the vcpkg port sets {sorted(used - options)}, which CMake has not")
    return {one for one in port["dependencies"] if isinstance(one, str)}


require({name.replace("libcurl", "curl") for name in check_conan()} == check_vcpkg(), "vcpkg and Conan want the same")
print("ok")
