/* file_store.c: a store in a folder.
 *
 *     root/<name>                    objects
 *     root/.streamsql/new-<random>   objects being written; the writer holds a lock (flock), so that a later process can tell
 *                                    which of them nobody will finish
 *     root/.streamsql/swap           locked (flock) while a swap compares and renames
 *
 * A file appears under its name only when its bytes are on disk, and is announced only when its name is: write, fsync,
 * rename, fsync of the folder. When an fsync fails the kernel may have dropped the very pages, and a second fsync would
 * say that all is well: so the process ends there. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "core/base/arena.h"
#include "core/base/env.h"
#include "core/base/log.h"
#include "runtime/store/percent.h"
#include "runtime/store/store_class.h"

#define PRIVATE_FOLDER ".streamsql"

struct file_store {
    struct store base;
    char *root; /* without a slash at the end, "" for / itself */
    struct env *env;
};

struct store_upload {
    struct file_store *store;
    char *name;
    char *path; /* of the file being written; NULL once it has its final name */
    int descriptor;
    uint64_t size_bytes; /* of the parts written whole */
};

static enum status file_failed(struct error *error, const char *what, const char *path) {
    struct error ignored = {0};
    error = error ? error : &ignored;
    enum status status = env_failed(error, errno, what, path);
    error->retriable = status == STATUS_DISK_FULL;
    return status;
}

static _Noreturn void sync_failed(const char *path) {
    log_error("fsync failed: the process ends here, because nobody knows what the disk holds", log_text("path", path),
              log_int("errno", errno));
    assert_failed("fsync succeeds", __FILE__, __LINE__);
}

static void sync_descriptor(int descriptor, const char *path) {
    int result;
    do
        result = fsync(descriptor);
    while (result != 0 && errno == EINTR);
    if (result != 0)
        sync_failed(path);
}

static char *join(const char *folder, const char *name) {
    size_t folder_size = strlen(folder), name_size = strlen(name);
    char *path = memory_alloc(folder_size + name_size + 2);
    memcpy(path, folder, folder_size);
    path[folder_size] = '/';
    memcpy(path + folder_size + 1, name, name_size + 1);
    return path;
}

static enum status sync_folder(const char *path, struct error *error) {
    int descriptor = open(*path ? path : "/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0)
        return file_failed(error, "cannot open folder", path);
    sync_descriptor(descriptor, path);
    close(descriptor);
    return STATUS_OK;
}

static enum status sync_folder_of(const char *path, struct error *error) {
    const char *slash = strrchr(path, '/');
    char *folder = strndup(path, (size_t)(slash - path));
    ASSERT(folder);
    enum status status = sync_folder(folder, error);
    free(folder);
    return status;
}

/* Makes every folder above `path`, and each new one durable. */
static enum status make_folders_above(char *path, struct error *error) {
    for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = 0;
        bool made = mkdir(path, 0777) == 0;
        enum status status = STATUS_OK;
        if (!made && errno != EEXIST)
            status = file_failed(error, "cannot make folder", path);
        else if (made)
            status = sync_folder_of(path, error);
        *slash = '/';
        TRY(status);
    }
    return STATUS_OK;
}

static enum status write_all(int descriptor, struct str content, const char *path, struct error *error) {
    while (content.size) {
        ssize_t count = write(descriptor, content.data, content.size);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return file_failed(error, "cannot write", path);
        content.data += count;
        content.size -= (size_t)count;
    }
    return STATUS_OK;
}

/* Opens and locks a new file. Between the two a sweeper may have taken it for an orphan: then another one. */
static enum status temporary_open(struct file_store *store, char **path, int *descriptor, struct error *error) {
    for (;;) {
        char name[64];
        snprintf(name, sizeof name, PRIVATE_FOLDER "/new-%016" PRIx64, env_random_u64(store->env));
        *path = join(store->root, name);
        *descriptor = open(*path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (*descriptor < 0) {
            enum status status = file_failed(error, "cannot create", *path);
            free(*path);
            return status;
        }
        struct stat info;
        if (flock(*descriptor, LOCK_EX | LOCK_NB) == 0 && fstat(*descriptor, &info) == 0 && info.st_nlink > 0)
            return STATUS_OK;
        close(*descriptor);
        free(*path);
    }
}

static void temporary_discard(char *path, int descriptor) {
    if (path)
        unlink(path);
    close(descriptor);
    free(path);
}

/* What crashed processes left behind: files that nobody has locked. */
static void sweep(const struct file_store *store) {
    char *folder = join(store->root, PRIVATE_FOLDER);
    DIR *entries = opendir(folder);
    for (struct dirent *entry; entries && (entry = readdir(entries));) {
        if (strncmp(entry->d_name, "new-", 4) != 0)
            continue;
        int descriptor = openat(dirfd(entries), entry->d_name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
        if (descriptor < 0)
            continue;
        if (flock(descriptor, LOCK_EX | LOCK_NB) == 0)
            unlinkat(dirfd(entries), entry->d_name, 0);
        close(descriptor);
    }
    if (entries)
        closedir(entries);
    free(folder);
}

static enum status file_open(const struct store_uri *uri, const struct store_options *options, struct store **store,
                             struct error *error) {
    static const char *const known[] = {NULL};
    TRY(store_uri_check_options(uri, known, error));
    if (*uri->authority && strcmp(uri->authority, "localhost") != 0) {
        (void)FAIL(error, STATUS_INVALID_OPTION, "a file:// store is on this host, not on \"%s\"", uri->authority);
        error_hint(error, "write file:///%s/…, with three slashes", uri->authority);
        return STATUS_INVALID_OPTION;
    }
    /* The parser takes the first slash from a path behind an authority. */
    const char *path = *uri->path == '/' ? uri->path + 1 : uri->path;
    struct file_store *opened = memory_zalloc(sizeof *opened);
    opened->env = options->env;
    opened->root = *path ? join("", path) : memory_strdup("");
    char *inside = join(opened->root, PRIVATE_FOLDER "/");
    enum status status = make_folders_above(inside, error);
    free(inside);
    if (status != STATUS_OK) {
        free(opened->root);
        free(opened);
        return status;
    }
    sweep(opened);
    *store = &opened->base;
    return STATUS_OK;
}

static void file_close(struct store *store) {
    struct file_store *file = (struct file_store *)store;
    free(file->root);
    free(file);
}

static enum status file_upload_begin(struct store *store, const char *name, struct store_upload **upload,
                                     struct error *error) {
    struct file_store *file = (struct file_store *)store;
    char *path;
    int descriptor;
    TRY(temporary_open(file, &path, &descriptor, error));
    *upload = memory_alloc(sizeof **upload);
    **upload =
        (struct store_upload){.store = file, .name = memory_strdup(name), .path = path, .descriptor = descriptor};
    return STATUS_OK;
}

/* A part that failed half-way may come again. */
static enum status file_upload_part(struct store_upload *upload, struct str part, struct error *error) {
    if (lseek(upload->descriptor, (off_t)upload->size_bytes, SEEK_SET) < 0)
        return file_failed(error, "cannot position in", upload->path);
    TRY(write_all(upload->descriptor, part, upload->path, error));
    upload->size_bytes += part.size;
    return STATUS_OK;
}

/* Gives the file its name unless the name is taken. */
static enum status rename_new(const char *from, const char *to, bool *taken, struct error *error) {
    *taken = false;
    if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0)
        return STATUS_OK;
    if (errno == EINVAL || errno == ENOSYS) { /* not every file system knows the flag */
        if (link(from, to) == 0) {
            unlink(from);
            return STATUS_OK;
        }
    }
    *taken = errno == EEXIST;
    return *taken ? STATUS_OK : file_failed(error, "cannot rename to", to);
}

static enum status publish(struct store_upload *upload, char *path, enum store_swap *outcome, struct error *error) {
    TRY(make_folders_above(path, error));
    sync_descriptor(upload->descriptor, upload->path);
    bool taken;
    TRY(rename_new(upload->path, path, &taken, error));
    if (!taken) {
        free(upload->path);
        upload->path = NULL;
    }
    /* Taken by an earlier attempt of ours, perhaps, that ended between the rename and this. */
    TRY(sync_folder_of(path, error));
    *outcome = taken ? STORE_SWAP_CONFLICT : STORE_SWAP_DONE;
    return STATUS_OK;
}

static enum status file_upload_finish(struct store_upload *upload, struct str last, enum store_swap *outcome,
                                      struct error *error) {
    TRY(file_upload_part(upload, last, error));
    char *path = join(upload->store->root, upload->name);
    enum status status = publish(upload, path, outcome, error);
    free(path);
    return status;
}

static void file_upload_abort(struct store_upload *upload) {
    temporary_discard(upload->path, upload->descriptor);
    free(upload->name);
    free(upload);
}

static enum status file_put(struct store *store, const char *name, struct str content, enum store_swap *outcome,
                            struct error *error) {
    struct store_upload *upload;
    TRY(file_upload_begin(store, name, &upload, error));
    enum status status = file_upload_finish(upload, content, outcome, error);
    file_upload_abort(upload);
    return status;
}

static void tag_of(struct str content, struct store_tag *tag) {
    uint8_t digest[32];
    unsigned written;
    int done = EVP_Digest(content.data ? content.data : "", content.size, digest, &written, EVP_sha256(), NULL);
    ASSERT(done == 1 && written == 32);
    memcpy(tag->bytes, digest, 32);
    tag->size = 32;
}

static enum status open_object(struct file_store *file, const char *name, int *descriptor, uint64_t *size_bytes,
                               struct error *error) {
    char *path = join(file->root, name);
    *descriptor = open(path, O_RDONLY | O_CLOEXEC);
    struct stat info;
    enum status status = STATUS_OK;
    if (*descriptor < 0 || fstat(*descriptor, &info) != 0) {
        if (errno == ENOTDIR)
            errno = ENOENT; /* a/b where a is an object */
        status = file_failed(error, "cannot open", path);
    } else if (!S_ISREG(info.st_mode)) {
        errno = ENOENT;
        status = file_failed(error, "cannot open", path);
    }
    if (status != STATUS_OK && *descriptor >= 0)
        close(*descriptor);
    if (status == STATUS_OK)
        *size_bytes = (uint64_t)info.st_size;
    free(path);
    return status;
}

static enum status read_descriptor(int descriptor, uint64_t offset, uint64_t size, const char *name,
                                   struct strbuf *content, struct error *error) {
    strbuf_reserve(content, size + 1);
    while (size) {
        ssize_t count = pread(descriptor, content->data + content->size, size, (off_t)offset);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return file_failed(error, "cannot read", name);
        if (count == 0)
            return FAIL(error, STATUS_FILE_ERROR, "\"%s\" became shorter while it was read", name);
        content->size += (size_t)count;
        offset += (uint64_t)count;
        size -= (uint64_t)count;
    }
    content->data[content->size] = 0;
    return STATUS_OK;
}

static enum status file_read(struct store *store, const char *name, uint64_t offset, uint64_t size,
                             struct strbuf *content, uint64_t *object_size, struct store_tag *tag,
                             struct error *error) {
    int descriptor;
    TRY(open_object((struct file_store *)store, name, &descriptor, object_size, error));
    uint64_t rest = offset < *object_size ? *object_size - offset : 0;
    size_t before = content->size;
    enum status status = read_descriptor(descriptor, offset, size < rest ? size : rest, name, content, error);
    close(descriptor);
    tag->size = 0;
    if (status == STATUS_OK && offset == 0 && *object_size <= STORE_SWAP_SIZE_MAX && size >= *object_size)
        tag_of((struct str){content->data + before, content->size - before}, tag);
    return status;
}

static enum status file_size(struct store *store, const char *name, uint64_t *size_bytes, struct error *error) {
    int descriptor;
    TRY(open_object((struct file_store *)store, name, &descriptor, size_bytes, error));
    close(descriptor);
    return STATUS_OK;
}

static enum status file_remove(struct store *store, const char *name, struct error *error) {
    struct file_store *file = (struct file_store *)store;
    char *path = join(file->root, name);
    enum status status = STATUS_OK;
    if (unlink(path) != 0) {
        if (errno == ENOTDIR || errno == EISDIR)
            errno = ENOENT;
        status = file_failed(error, "cannot delete", path);
    } else {
        status = sync_folder_of(path, error);
    }
    free(path);
    return status;
}

struct walk {
    struct file_store *file;
    const char *prefix, *after;
    struct store_page found;
};

/* Whether names inside the folder `path` (with its slash) can begin with the prefix. */
static bool may_hold(struct str path, const char *prefix) {
    size_t prefix_size = strlen(prefix);
    return memcmp(path.data, prefix, path.size < prefix_size ? path.size : prefix_size) == 0;
}

static enum status walk_folder(struct walk *walk, struct strbuf *path, struct error *error);

static enum status walk_entry(struct walk *walk, DIR *folder, const char *name, struct strbuf *path,
                              struct error *error) {
    struct stat info;
    if (name[0] == '.')
        return STATUS_OK;
    if (fstatat(dirfd(folder), name, &info, AT_SYMLINK_NOFOLLOW) != 0)
        return errno == ENOENT ? STATUS_OK : file_failed(error, "cannot examine", name);
    size_t before = path->size;
    strbuf_append_text(path, name);
    enum status status = STATUS_OK;
    if (S_ISDIR(info.st_mode)) {
        strbuf_append_char(path, '/');
        if (path->size <= STORE_NAME_MAX && may_hold(strbuf_str(path), walk->prefix))
            status = walk_folder(walk, path, error);
    } else if (S_ISREG(info.st_mode) && str_starts_with(strbuf_str(path), str_from(walk->prefix)) &&
               (!walk->after || strcmp(strbuf_text(path), walk->after) > 0)) {
        store_page_add(&walk->found, strbuf_text(path), (uint64_t)info.st_size);
    }
    path->size = before;
    path->data[before] = 0;
    return status;
}

static enum status walk_folder(struct walk *walk, struct strbuf *path, struct error *error) {
    char *full = join(walk->file->root, strbuf_text(path));
    DIR *folder = opendir(full);
    enum status status = STATUS_OK;
    if (!folder && errno != ENOENT)
        status = file_failed(error, "cannot list", full);
    free(full);
    while (folder && status == STATUS_OK) {
        errno = 0;
        struct dirent *entry = readdir(folder);
        if (!entry) {
            status = errno ? file_failed(error, "cannot list", strbuf_text(path)) : STATUS_OK;
            break;
        }
        status = walk_entry(walk, folder, entry->d_name, path, error);
    }
    if (folder)
        closedir(folder);
    return status;
}

static int compare_entries(const void *a, const void *b) {
    return strcmp(((const struct store_entry *)a)->name, ((const struct store_entry *)b)->name);
}

static enum status file_list(struct store *store, const char *prefix, const char *after, uint32_t limit,
                             struct store_page *page, struct error *error) {
    struct walk walk = {.file = (struct file_store *)store, .prefix = prefix, .after = after};
    struct strbuf path;
    strbuf_init(&path);
    strbuf_reserve(&path, 1);
    path.data[0] = 0;
    enum status status = walk_folder(&walk, &path, error);
    strbuf_release(&path);
    *page = walk.found;
    if (status != STATUS_OK)
        return status;
    if (page->count)
        qsort(page->entries, page->count, sizeof *page->entries, compare_entries);
    if (page->count > limit) {
        for (uint32_t i = limit; i < page->count; i++)
            free(page->entries[i].name);
        page->count = limit;
        page->next = memory_strdup(page->entries[limit - 1].name);
    }
    return STATUS_OK;
}

/* flock on a network file system may hold on one host only, and a rename there may be repeated by the client. */
static enum status refuse_network(const struct file_store *file, struct error *error) {
    struct statfs info;
    char *folder = join(file->root, PRIVATE_FOLDER);
    int result = statfs(folder, &info);
    enum status status = result == 0 ? STATUS_OK : file_failed(error, "cannot examine", folder);
    free(folder);
    TRY(status);
    static const unsigned long network[] = {
        NFS_SUPER_MAGIC,  SMB_SUPER_MAGIC, 0xFF534D42 /* CIFS */, 0xFE534D42 /* SMB2 */, AFS_SUPER_MAGIC,
        CEPH_SUPER_MAGIC, V9FS_MAGIC,      FUSE_SUPER_MAGIC};
    for (size_t i = 0; i < sizeof network / sizeof network[0]; i++) {
        if (((unsigned long)info.f_type & 0xFFFFFFFF) != network[i])
            continue;
        (void)FAIL(error, STATUS_UNSUPPORTED, "\"%s\" is on a network file system, where swaps are not safe",
                   file->root);
        error_hint(error, "use a folder on a local disk, s3:// or gs://");
        return STATUS_UNSUPPORTED;
    }
    return STATUS_OK;
}

/* Compares; DONE when the swap may go on. */
static enum status compare_object(struct store *store, const char *name, const struct store_tag *expected,
                                  enum store_swap *outcome, struct error *error) {
    struct strbuf content;
    strbuf_init(&content);
    struct store_tag found = {0};
    uint64_t object_size = 0;
    enum status status = file_read(store, name, 0, STORE_SWAP_SIZE_MAX, &content, &object_size, &found, error);
    strbuf_release(&content);
    if (status == STATUS_UNDEFINED_FILE) {
        *outcome = expected ? STORE_SWAP_MISSING : STORE_SWAP_DONE;
        return STATUS_OK;
    }
    TRY(status);
    bool same = expected && found.size == expected->size && memcmp(found.bytes, expected->bytes, found.size) == 0;
    *outcome = same ? STORE_SWAP_DONE : STORE_SWAP_CONFLICT;
    return STATUS_OK;
}

static enum status replace_object(struct file_store *file, const char *name, struct str content, struct error *error) {
    char *temporary;
    int descriptor;
    TRY(temporary_open(file, &temporary, &descriptor, error));
    char *path = join(file->root, name);
    enum status status = write_all(descriptor, content, temporary, error);
    if (status == STATUS_OK)
        status = make_folders_above(path, error);
    if (status == STATUS_OK) {
        sync_descriptor(descriptor, temporary);
        if (rename(temporary, path) != 0) {
            status = file_failed(error, "cannot rename to", path);
        } else {
            free(temporary);
            temporary = NULL;
            /* The object has changed: an answer of "not done" is no longer possible. */
            if (sync_folder_of(path, error) != STATUS_OK)
                sync_failed(path);
        }
    }
    temporary_discard(temporary, descriptor);
    free(path);
    return status;
}

static enum status lock_swaps(const struct file_store *file, int *descriptor, struct error *error) {
    char *path = join(file->root, PRIVATE_FOLDER "/swap");
    *descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    int result = *descriptor;
    if (*descriptor >= 0)
        do
            result = flock(*descriptor, LOCK_EX);
        while (result != 0 && errno == EINTR);
    enum status status = result < 0 ? file_failed(error, "cannot lock", path) : STATUS_OK;
    if (status != STATUS_OK && *descriptor >= 0)
        close(*descriptor);
    free(path);
    return status;
}

static enum status file_swap(struct store *store, const char *name, const struct store_tag *expected,
                             struct str content, enum store_swap *outcome, struct store_tag *tag, struct error *error) {
    struct file_store *file = (struct file_store *)store;
    TRY(refuse_network(file, error));
    int lock;
    TRY(lock_swaps(file, &lock, error));
    enum status status = compare_object(store, name, expected, outcome, error);
    if (status == STATUS_OK && *outcome == STORE_SWAP_DONE)
        status = replace_object(file, name, content, error);
    close(lock);
    tag_of(content, tag);
    return status;
}

const struct store_class file_store_class = {
    .scheme = "file",
    .retries = false,
    .parts_max = UINT64_MAX,
    .open = file_open,
    .close = file_close,
    .put = file_put,
    .upload_begin = file_upload_begin,
    .upload_part = file_upload_part,
    .upload_finish = file_upload_finish,
    .upload_abort = file_upload_abort,
    .read = file_read,
    .size = file_size,
    .remove = file_remove,
    .list = file_list,
    .swap = file_swap,
};
