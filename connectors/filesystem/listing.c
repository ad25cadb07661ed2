/* listing.c: folders and patterns. */
#include "connectors/filesystem/listing.h"

#include <dirent.h>
#include <errno.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/base/arena.h"
#include "core/base/env.h"

enum { FOLDER_DEPTH_MAX = 64 };

/* Paths found, to be sorted. */
struct found {
    struct arena *arena;
    struct listed_file **files;
    size_t count, capacity;
};

const char *listing_local_path(const char *path) {
    if (strncmp(path, "file:", 5) != 0)
        return path;
    path += 5;
    while (path[0] == '/' && path[1] == '/')
        path++;
    return path;
}

static void add_found(struct found *found, const char *path, const struct stat *info) {
    if (found->count == found->capacity) {
        found->capacity = found->capacity ? found->capacity * 2 : 64;
        found->files = memory_realloc(found->files, found->capacity * sizeof *found->files);
    }
    struct listed_file *file = ARENA_NEW(found->arena, struct listed_file);
    file->path = arena_strdup(found->arena, path);
    file->size_bytes = (uint64_t)info->st_size;
    file->modified_us = (int64_t)info->st_mtim.tv_sec * 1000000 + info->st_mtim.tv_nsec / 1000;
    found->files[found->count++] = file;
}

static enum status walk(struct found *found, const char *path, int depth, struct error *error);

/* One entry of a folder. What vanished since it was listed is passed over. */
static enum status visit(struct found *found, const char *path, int depth, struct error *error) {
    struct stat info;
    if (stat(path, &info) != 0)
        return errno == ENOENT ? STATUS_OK : env_failed(error, errno, "cannot look at", path);
    if (S_ISDIR(info.st_mode))
        return walk(found, path, depth + 1, error);
    if (S_ISREG(info.st_mode))
        add_found(found, path, &info);
    return STATUS_OK;
}

static enum status walk(struct found *found, const char *path, int depth, struct error *error) {
    if (depth > FOLDER_DEPTH_MAX)
        return FAIL(error, STATUS_FILE_ERROR, "folder \"%s\" is nested too deep", path);
    DIR *folder = opendir(path);
    if (!folder)
        return env_failed(error, errno, "cannot open", path);
    enum status status = STATUS_OK;
    struct dirent *entry;
    while (status == STATUS_OK && (entry = readdir(folder))) {
        if (entry->d_name[0] == '.' || entry->d_name[0] == '_')
            continue;
        const char *separator = path[strlen(path) - 1] == '/' ? "" : "/";
        status = visit(found, arena_printf(found->arena, "%s%s%s", path, separator, entry->d_name), depth, error);
    }
    closedir(folder);
    return status;
}

static enum status expand(struct found *found, const char *pattern, struct error *error) {
    glob_t matches;
    int result = glob(pattern, 0, NULL, &matches);
    if (result == GLOB_NOMATCH)
        return STATUS_OK;
    if (result != 0)
        return FAIL(error, STATUS_FILE_ERROR, "cannot expand \"%s\"", pattern);
    enum status status = STATUS_OK;
    for (size_t i = 0; i < matches.gl_pathc && status == STATUS_OK; i++)
        status = visit(found, matches.gl_pathv[i], 0, error);
    globfree(&matches);
    return status;
}

static int compare_paths(const void *a, const void *b) {
    return strcmp((*(struct listed_file *const *)a)->path, (*(struct listed_file *const *)b)->path);
}

/* A pattern whose file is there by that very name is that file. */
static bool is_many(const char *path, struct stat *info) {
    bool exists = stat(path, info) == 0;
    return exists ? S_ISDIR(info->st_mode) : strpbrk(path, "*?[") != NULL;
}

bool listing_is_many(const char *path) {
    struct stat info = {0};
    return is_many(path, &info);
}

static enum status find_files(struct found *found, const char *path, bool *is_folder, struct error *error) {
    struct stat info = {0};
    *is_folder = is_many(path, &info);
    if (!*is_folder) {
        add_found(found, path, &info);
        return STATUS_OK;
    }
    TRY(!S_ISDIR(info.st_mode) ? expand(found, path, error) : walk(found, path, 0, error));
    if (found->count)
        qsort(found->files, found->count, sizeof *found->files, compare_paths);
    return STATUS_OK;
}

enum status listing_add(struct map *known, const char *path, bool *is_folder, struct error *error) {
    bool ignored;
    struct found found = {.arena = known->arena};
    enum status status = find_files(&found, path, is_folder ? is_folder : &ignored, error);
    for (size_t i = 0; i < found.count && status == STATUS_OK; i++)
        if (!map_get(known, found.files[i]->path))
            map_put(known, found.files[i]->path, found.files[i]);
    free(found.files);
    return status;
}

/* Something has the name already. */
static enum status check_folder(const char *path, struct error *error) {
    struct stat entry;
    if (stat(path, &entry) != 0)
        return env_failed(error, errno, "cannot look at", path);
    if (S_ISDIR(entry.st_mode))
        return STATUS_OK;
    FAIL(error, STATUS_FILE_ERROR, "\"%s\" is a file, not a folder", path);
    error_hint(error, "a sink writes part files into the folder 'path', which is made when it is missing");
    return STATUS_FILE_ERROR;
}

static enum status make_one(const char *path, struct error *error) {
    if (mkdir(path, 0777) == 0)
        return STATUS_OK;
    return errno == EEXIST ? check_folder(path, error) : env_failed(error, errno, "cannot create the folder", path);
}

enum status listing_make_folder(const char *path, struct error *error) {
    char *copy = memory_strdup(path);
    enum status status = STATUS_OK;
    for (char *slash = copy + 1; status == STATUS_OK && (slash = strchr(slash, '/')); *slash++ = '/') {
        *slash = '\0';
        status = make_one(copy, error);
    }
    if (status == STATUS_OK)
        status = make_one(copy, error);
    free(copy);
    return status;
}
